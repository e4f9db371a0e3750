namespace Puna.Models.Cache;

/// <summary>Layers of a model whose keys live equally long, so that they share pages.</summary>
/// <param name="Layers">Model layers, increasing.</param>
/// <param name="ChunkSize">
/// 0: a query sees every earlier key, so nothing is ever dropped. Otherwise it sees only keys of its own chunk of that
/// many positions, [c * ChunkSize, (c + 1) * ChunkSize), and finished chunks are dropped.
/// </param>
public sealed record KvLayerClass(int[] Layers, int ChunkSize)
{
    /// <summary>Groups layers by chunk size, classes in order of their first layer.</summary>
    /// <param name="chunkSizes">Chunk size of every layer of the model, 0 where it is global.</param>
    public static KvLayerClass[] Group(ReadOnlySpan<int> chunkSizes)
    {
        List<(int ChunkSize, List<int> Layers)> groups = [];
        for (int layer = 0; layer < chunkSizes.Length; layer++)
        {
            int chunkSize = chunkSizes[layer];
            int at = groups.FindIndex(g => g.ChunkSize == chunkSize);
            if (at < 0)
            {
                at = groups.Count;
                groups.Add((chunkSize, []));
            }

            groups[at].Layers.Add(layer);
        }

        return [.. groups.Select(g => new KvLayerClass([.. g.Layers], g.ChunkSize))];
    }

    /// <summary>First position that a query at <paramref name="pos"/> may see.</summary>
    internal int ChunkStart(int pos) => ChunkSize == 0 ? 0 : pos - (pos % ChunkSize);
}
