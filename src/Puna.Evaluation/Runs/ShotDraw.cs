using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Puna.Evaluation.Statistics;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Runs;

/// <summary>Worked examples drawn for a question: from its name and a seed alone, so that neither order nor number of the questions changes them.</summary>
internal static class ShotDraw
{
    /// <summary>Different examples of the pool in the order of their drawing; all of them, shuffled, where it has no more.</summary>
    internal static IReadOnlyList<EvaluationItem> Of(string itemId, IReadOnlyList<EvaluationItem> pool, int count, int seed)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"shots\n{seed}\n{itemId}"));
        SplitMix64 random = new(BinaryPrimitives.ReadUInt64LittleEndian(hash));
        OrderedDictionary<int, EvaluationItem> drawn = [];
        while (drawn.Count < Math.Min(count, pool.Count))
        {
            int index = random.Next(pool.Count);
            drawn.TryAdd(index, pool[index]);
        }

        return [.. drawn.Values];
    }
}
