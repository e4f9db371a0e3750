using Puna.Training.Numerics;

namespace Puna.Training.Model;

/// <summary>What the forward pass of one layer keeps for the way back; all per token of one batch.</summary>
internal sealed unsafe class LayerState : IDisposable
{
    private readonly FloatBuffer _all;

    public LayerState(ModelShape shape, int tokens)
    {
        long t = tokens;
        long[] sizes =
        [
            t * shape.Hidden, t, t * shape.Hidden, t * shape.QkvWidth, t * (shape.Heads + shape.KvHeads), t * shape.QWidth, t * shape.Heads,
            t * shape.Hidden, t, t * shape.Hidden, t * 2 * shape.ExpertHidden, t * shape.ExpertHidden, t * shape.Experts,
            t * shape.Hidden, t * 2 * shape.ExpertHidden, t * shape.ExpertHidden, t,
        ];
        _all = new FloatBuffer(sizes.Sum(Rounded));
        float* next = _all.Data;
        float* Take(int i)
        {
            float* at = next;
            next += Rounded(sizes[i]);
            return at;
        }

        Input = Take(0);
        InputReciprocals = Take(1);
        AttentionInput = Take(2);
        Qkv = Take(3);
        HeadReciprocals = Take(4);
        Attended = Take(5);
        LogSums = Take(6);
        Middle = Take(7);
        MiddleReciprocals = Take(8);
        FeedForwardInput = Take(9);
        SharedGateUp = Take(10);
        SharedHidden = Take(11);
        RouterLogits = Take(12);
        ExpertInput = Take(13);
        ExpertGateUp = Take(14);
        ExpertHidden = Take(15);
        ExpertWeight = Take(16);
        Order = new int[tokens];
        ExpertStart = new int[shape.Experts + 1];
    }

    /// <summary>Residual stream before the layer [T, D].</summary>
    public float* Input { get; }

    public float* InputReciprocals { get; }

    /// <summary>Normalized input [T, D].</summary>
    public float* AttentionInput { get; }

    /// <summary>Rows q|k|v, after rotation, norm and temperature.</summary>
    public float* Qkv { get; }

    public float* HeadReciprocals { get; }

    /// <summary>Weighted sums of values [T, heads·dim].</summary>
    public float* Attended { get; }

    public float* LogSums { get; }

    /// <summary>Residual stream between attention and feed-forward [T, D].</summary>
    public float* Middle { get; }

    public float* MiddleReciprocals { get; }

    public float* FeedForwardInput { get; }

    public float* SharedGateUp { get; }

    public float* SharedHidden { get; }

    public float* RouterLogits { get; }

    /// <summary>Scaled rows in the order of their experts [T, D]; so are the three that follow.</summary>
    public float* ExpertInput { get; }

    public float* ExpertGateUp { get; }

    public float* ExpertHidden { get; }

    /// <summary>sigmoid of the winning logit.</summary>
    public float* ExpertWeight { get; }

    /// <summary>Token of each row in expert order.</summary>
    public int[] Order { get; }

    /// <summary>First row of each expert, and the number of rows.</summary>
    public int[] ExpertStart { get; }

    public void Dispose() => _all.Dispose();

    private static long Rounded(long n) => (n + 15) / 16 * 16;
}
