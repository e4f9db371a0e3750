namespace Puna.Compute.Cpu.MatMul;

/// <summary>The part of a product that one kernel call computes: outputs [FirstOutput, EndOutput) of tokens [FirstToken, EndToken).</summary>
internal readonly record struct MatrixRegion(int FirstOutput, int EndOutput, int FirstToken, int EndToken)
{
    public int Outputs => EndOutput - FirstOutput;

    public int Tokens => EndToken - FirstToken;
}
