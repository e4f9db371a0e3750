namespace Puna.Tests.Engine.Sampling;

/// <summary>Rows of logits for the tests, the same at every run.</summary>
internal static class Rows
{
    // Straddles the block of 64 and the vector of 8.
    public static readonly int[] VocabSizes = [1, 2, 3, 7, 8, 9, 63, 64, 65, 128, 200, 1000, 5003];

    public static float[] Random(Random random, int vocabSize)
    {
        float[] logits = new float[vocabSize];
        double spread = random.Next(4) switch { 0 => 0.1, 1 => 1, 2 => 3, _ => 8 };
        bool ties = random.Next(3) == 0, banned = random.Next(3) == 0;
        for (int i = 0; i < vocabSize; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            double x = spread * normal;
            logits[i] = banned && random.Next(4) == 0 ? float.NegativeInfinity : (float)(ties ? Math.Round(x) : x);
        }

        logits[random.Next(vocabSize)] = 1f; // at least one is possible
        return logits;
    }
}
