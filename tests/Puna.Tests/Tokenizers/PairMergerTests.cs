using Puna.Tokenizers;

namespace Puna.Tests.Tokenizers;

public class PairMergerTests
{
    [Fact]
    public void Heap_and_scan_merge_alike()
    {
        Random random = new(3);
        for (int n = 0; n < 3_000; n++)
        {
            MergeSource source = RandomVocabulary(random);
            byte[] text = new byte[random.Next(2, 120)];
            for (int i = 0; i < text.Length; i++) text[i] = (byte)('a' + random.Next(3));

            (int[] scanStarts, int[] scanIds) = Merge(PairMerger.MergeByScan, source, text);
            (int[] heapStarts, int[] heapIds) = Merge(PairMerger.MergeByHeap, source, text);

            Assert.Equal(scanStarts, heapStarts);
            Assert.Equal(scanIds, heapIds);
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData("aab")]
    public void Work_on_long_texts_is_proportional_to_their_length(string unit)
    {
        // Tokens of 2^k characters: every level of merging touches every part once.
        TokenStore.Builder builder = new(32);
        for (int length = 1; length <= 64; length *= 2)
        {
            foreach (string letters in new[] { "a", "b", unit })
            {
                byte[] token = [.. Enumerable.Repeat(letters.Select(c => (byte)c), length).SelectMany(c => c)];
                if (token.Length <= 64) builder.Add(token, TokenKind.Normal);
            }
        }

        CountingSource source = new(new TokenRankMerges(new TokenIndex(builder.Build(), _ => true)));
        byte[] text = [.. Enumerable.Repeat(unit.Select(c => (byte)c), 100_000 / unit.Length).SelectMany(c => c)];
        int[] starts = [.. Enumerable.Range(0, text.Length + 1)], ids = new int[text.Length];

        int parts = PairMerger.Merge(source, text, starts, ids);

        Assert.InRange(parts, 1, text.Length / 2);
        Assert.InRange(source.Calls, 1, 3 * text.Length); // a lookup per part and at most two per merge
    }

    private static (int[] Starts, int[] Ids) Merge(Merger merge, MergeSource source, byte[] text)
    {
        int[] starts = [.. Enumerable.Range(0, text.Length + 1)], ids = [.. text.Select(b => b - 'a')];
        int count = merge(source, text, starts, ids);
        return (starts[..(count + 1)], ids[..count]);
    }

    private static TokenRankMerges RandomVocabulary(Random random)
    {
        TokenStore.Builder builder = new(32);
        foreach (byte b in "abc"u8) builder.Add([b], TokenKind.Normal);
        for (int i = random.Next(1, 25); i > 0; i--)
        {
            byte[] token = new byte[random.Next(2, 6)];
            for (int k = 0; k < token.Length; k++) token[k] = (byte)('a' + random.Next(3));
            builder.Add(token, TokenKind.Normal);
        }

        TokenStore store = builder.Build();
        int[]? ranks = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, store.Count).Select(_ => random.Next(6))]; // with ties
        return new TokenRankMerges(new TokenIndex(store, _ => true), ranks);
    }

    private delegate int Merger(MergeSource source, ReadOnlySpan<byte> text, Span<int> starts, Span<int> ids);

    private sealed class CountingSource(MergeSource inner) : MergeSource
    {
        public int Calls { get; private set; }

        public override long Find(ReadOnlySpan<byte> text, int start, int mid, int end, int left, int right)
        {
            Calls++;
            return inner.Find(text, start, mid, end, left, right);
        }

        public override IEnumerable<(int Left, int Right, int Result)> InOrder() => inner.InOrder();
    }
}
