namespace Puna.Compute.Cpu.MatMul;

/// <summary>In which form a kernel reads the activations.</summary>
internal enum ActivationForm
{
    /// <summary>As they are.</summary>
    Float32,

    /// <summary>8-bit blocks of 32 with a scale rounded to half precision.</summary>
    Q8_0,

    /// <summary>8-bit blocks of 256 with a float32 scale.</summary>
    Q8_K,
}
