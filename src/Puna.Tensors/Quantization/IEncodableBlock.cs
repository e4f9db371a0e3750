namespace Puna.Tensors.Quantization;

/// <summary>A block format that can also be written.</summary>
internal interface IEncodableBlock<TSelf> : IQuantizedBlock<TSelf>
    where TSelf : unmanaged, IEncodableBlock<TSelf>
{
    /// <summary>Largest magnitude whose scales stay finite in half precision, with every choice the encoder may make.</summary>
    static abstract float MaxMagnitude { get; }

    /// <summary>Published limit of the relative error on Gaussian values; see <see cref="Quantizer.RelativeErrorLimit"/>.</summary>
    static abstract float RelativeErrorLimit { get; }

    /// <summary>Encodes one block so that decoding it gives a small squared error.</summary>
    /// <param name="x">One block of finite values within <see cref="MaxMagnitude"/>.</param>
    /// <param name="block">Receives every byte of the block.</param>
    static abstract void Encode(ReadOnlySpan<float> x, out TSelf block);
}
