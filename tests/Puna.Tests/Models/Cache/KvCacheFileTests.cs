using System.Buffers.Binary;
using System.Security.Cryptography;
using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Tests.Models.Cache;

public sealed class KvCacheFileTests
{
    private const int FirstPos = 3, Length = 22, Chunk = 10, PageTokens = 4;
    private static readonly int[] Tokens = [.. Enumerable.Range(500, Length)];

    // Byte of each header field, as docs/kv-cache.md lists them.
    private const int VersionAt = 8, ModelAt = 12, FirstPosAt = 44, NextPosAt = 48, TypeAt = 52, PageTokensAt = 56, HeadsAt = 60, HeadDimAt = 64,
        ClassesAt = 68, Class0At = 72, Class1At = Class0At + (4 * (3 + 3)), TokensAt = Class1At + (4 * (3 + 1));

    [Fact]
    public void A_loaded_sequence_sees_the_same_numbers_and_goes_on()
    {
        using KvCache cache = CacheFloats.SmallCache(Chunk, PageTokens);
        cache.Open(); // so that the slots differ
        KvSession session = Load(cache, Saved());

        Assert.Equal(1, session.Slot);
        Assert.Equal(Tokens, session.Tokens);
        Assert.Equal((FirstPos, FirstPos + Length), (cache.FirstPos(1), cache.NextPos(1)));
        AssertVisible(cache, 1);

        for (int pos = FirstPos + Length; pos < 40; pos++) CacheFloats.Append(cache, 1, pos);
        for (int pos = FirstPos; pos < 40; pos++) CacheFloats.AssertHolds(cache, 2, 1, pos, pos);
        cache.Close(1);
        Assert.Equal(0, cache.UsedBytes);
    }

    // Empty, chunk not begun, chunk just finished, page just full, begun late in a chunk.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 9)]
    [InlineData(0, 10)]
    [InlineData(0, 11)]
    [InlineData(0, 12)]
    [InlineData(7, 3)]
    [InlineData(10_000_007, 1)]
    [InlineData(10_000_007, 30)]
    public void Sequences_of_any_extent_survive(int firstPos, int length)
    {
        using KvCache cache = CacheFloats.SmallCache(Chunk, PageTokens);
        int slot = cache.Open(firstPos);
        int[] marks = [.. Enumerable.Range(0, length)];
        foreach (int mark in marks) CacheFloats.Append(cache, slot, mark);
        byte[] file = Save(cache, slot, marks);

        KvSession loaded = Load(cache, file);
        Assert.Equal(marks, loaded.Tokens);
        Assert.Equal(file, Save(cache, loaded.Slot, marks));
        for (int layer = 0; layer < 4; layer++)
        {
            int from = layer == 2 ? firstPos : Math.Max(firstPos, (firstPos + length) / Chunk * Chunk);
            for (int pos = from; pos < firstPos + length; pos++) CacheFloats.AssertHolds(cache, layer, loaded.Slot, pos, pos - firstPos);
        }
    }

    [Theory]
    [InlineData(ElementType.F32)]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.Q8_0)]
    [InlineData(ElementType.Q4_0)]
    public void Files_depend_on_the_sequence_alone_and_hold_nothing_of_others(ElementType type)
    {
        // Two caches with the same sequence in pages full of different remains.
        byte[] first = SaveAmidRemains(0x5A), second = SaveAmidRemains(0xC3);
        Assert.Equal(first, second);
        Assert.DoesNotContain(first[TokensAt..^32], b => b is 0x5A or 0xC3);

        byte[] SaveAmidRemains(byte remains)
        {
            KvGeometry geometry = new(CacheFloats.SmallGeometry(Chunk).Classes, 2, 64);
            using KvCache cache = new(new CacheOnlyBackend(), geometry, new KvCacheOptions { Type = type, PageTokens = PageTokens, MaxSequences = 2 });
            int other = cache.Open();
            CacheFloats.AppendUnwritten(cache, other, 40);
            int slot = cache.Open(FirstPos);
            CacheFloats.AppendUnwritten(cache, slot, Length);
            CacheFloats.Poison(cache, remains);
            for (int pos = FirstPos; pos < FirstPos + Length; pos++) CacheFloats.FillPosition(cache, slot, pos, (byte)(pos + 1));

            return Save(cache, slot, new int[Length]);
        }
    }

    [Fact]
    public void A_position_that_was_rolled_back_is_not_saved()
    {
        using KvCache cache = CacheFloats.SmallCache(Chunk, PageTokens);
        int slot = Fill(cache);
        byte[] file = Save(cache, slot, Tokens);
        CacheFloats.Append(cache, slot, 1234);
        cache.Truncate(slot, FirstPos + Length);
        Assert.Equal(file, Save(cache, slot, Tokens));

        // Back to a chunk's start and on again: what lay in the pages before is not saved either.
        cache.Truncate(slot, 10);
        CacheFloats.Poison(cache, 0x5A);
        for (int pos = FirstPos; pos < 10; pos++) CacheFloats.Write(cache, 2, slot, pos, pos);
        for (int pos = 10; pos < FirstPos + Length; pos++) CacheFloats.Append(cache, slot, pos);
        Assert.Equal(file, Save(cache, slot, Tokens));
    }

    public static TheoryData<int, string> HeaderFields => new()
    {
        { 0, "magic" },
        { VersionAt, "version" },
        { ModelAt, "model hash" },
        { ModelAt + 31, "model hash" },
        { FirstPosAt + 3, "next position" }, // now larger than the next one
        { NextPosAt + 3, "pages of class 0" }, // the page counts follow from the positions
        { TypeAt, "element type" },
        { PageTokensAt, "tokens in a page" },
        { HeadsAt, "key/value heads" },
        { HeadDimAt, "components of a head" },
        { ClassesAt, "layer classes" },
        { Class0At, "chunk size of class 0" },
        { Class0At + 4, "pages of class 0" },
        { Class0At + 8, "layers of class 0" },
        { Class0At + 12, "layer number in class 0" },
        { Class1At, "chunk size of class 1" },
        { Class1At + 4, "pages of class 1" },
        { Class1At + 8, "layers of class 1" },
        { Class1At + 12, "layer number in class 1" },
        { TokensAt, "checksum" },
        { TokensAt + 3, "token 0" }, // negative
    };

    [Theory, MemberData(nameof(HeaderFields))]
    public void Each_wrong_field_is_named(int at, string field)
    {
        byte[] file = Saved();
        file[at] ^= at == TokensAt + 3 ? (byte)0x80 : (byte)0x01;
        KvCacheFileException e = Refused(file);
        Assert.Equal(("session.kv", field), (e.File, e.Field));
        Assert.NotEqual(e.Expected, e.Found);
        Assert.StartsWith($"session.kv: {field} is {e.Found}, expected {e.Expected}. ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Positions_beyond_what_the_file_can_hold_are_refused_before_anything_is_allocated()
    {
        byte[] file = Saved();
        foreach ((uint first, uint next) in new[] { (3u, 0x7FFF_FFFFu), (0u, 0x7FFF_FFFFu), (3u, 0xFFFF_FFFFu), (0x8000_0000u, 0x8000_0001u) })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(FirstPosAt), first);
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(NextPosAt), next);
            // The page counts that belong to these positions, so that only the file's size can tell.
            uint pages = next > int.MaxValue ? 0 : ((next - 1) / PageTokens) + 1 - (first / PageTokens);
            uint localFrom = next > int.MaxValue ? 0 : next / Chunk * Chunk / PageTokens;
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(Class0At + 4), next > int.MaxValue ? 0 : ((next - 1) / PageTokens) + 1 - localFrom);
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(Class1At + 4), pages);

            long before = GC.GetAllocatedBytesForCurrentThread();
            KvCacheFileException e = Refused(file);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
            Assert.Equal(first > int.MaxValue ? "first position" : next > int.MaxValue ? "next position" : "file size", e.Field);
        }
    }

    [Fact]
    public void Files_cut_short_or_too_long_are_refused_with_their_size()
    {
        byte[] file = Saved();
        for (int length = 0; length < file.Length; length += 16) Assert.Equal("file size", Refused(file[..length]).Field);
        Assert.Equal("file size", Refused(file[..^1]).Field);
        Assert.Equal("file size", Refused([.. file, 0]).Field);
    }

    [Fact]
    public void Every_flipped_byte_is_found()
    {
        byte[] file = Saved();
        for (int at = 0; at < file.Length; at += at < TokensAt ? 1 : 13)
        {
            file[at] ^= 0x10;
            KvCacheFileException e = Refused(file);
            if (at >= TokensAt) Assert.Equal("checksum", e.Field);
            file[at] ^= 0x10;
        }

        using KvCache cache = CacheFloats.SmallCache(Chunk, PageTokens);
        Assert.Equal(Tokens, Load(cache, file).Tokens);
    }

    [Fact]
    public void Caches_of_another_shape_refuse_the_file()
    {
        byte[] file = Saved();
        Assert.Equal("element type is F32, expected F16", Reason(CacheFloats.SmallGeometry(Chunk), ElementType.F16, PageTokens));
        Assert.Equal("tokens in a page is 4, expected 8", Reason(CacheFloats.SmallGeometry(Chunk), ElementType.F32, 8));
        Assert.Equal("chunk size of class 0 is 10, expected 20", Reason(CacheFloats.SmallGeometry(20), ElementType.F32, PageTokens));
        Assert.Equal("layer classes is 2, expected 1", Reason(CacheFloats.SmallGeometry(0), ElementType.F32, PageTokens));
        Assert.Equal("layer number in class 0 is 1, expected 2",
            Reason(new KvGeometry([new([0, 2, 3], Chunk), new([1], 0)], 2, 4), ElementType.F32, PageTokens));

        string Reason(KvGeometry geometry, ElementType type, int pageTokens)
        {
            using KvCache cache = new(new CacheOnlyBackend(), geometry, new KvCacheOptions { Type = type, PageTokens = pageTokens });
            KvCacheFileException e = Assert.Throws<KvCacheFileException>(() => Load(cache, file));
            Assert.Equal(0, cache.UsedBytes);
            return $"{e.Field} is {e.Found}, expected {e.Expected}";
        }
    }

    [Fact]
    public void Loading_keeps_to_the_limits_of_the_cache()
    {
        byte[] file = Saved();
        long page = new KvPlan(CacheFloats.SmallGeometry(Chunk), ElementType.F32, PageTokens).BytesAt(1);
        using KvCache small = CacheFloats.SmallCache(Chunk, PageTokens, limit: page);
        Assert.Equal("bytes", Assert.Throws<KvCacheFullException>(() => Load(small, file)).Unit);
        Assert.Equal(0, small.AllocatedBytes);
        Assert.False(small.IsOpen(0));

        using KvCache full = CacheFloats.SmallCache(Chunk, PageTokens, maxSequences: 1);
        full.Open();
        Assert.Equal("sequences", Assert.Throws<KvCacheFullException>(() => Load(full, file)).Unit);
    }

    [Fact]
    public void Files_are_replaced_whole_or_not_at_all()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("puna-kv-");
        try
        {
            string path = Path.Combine(directory.FullName, "session.kv");
            using KvCache cache = CacheFloats.SmallCache(Chunk, PageTokens);
            int slot = Fill(cache);
            File.WriteAllText(path, "an older session");
            Assert.Throws<ArgumentException>(() => cache.Save(slot, path, CacheFloats.ModelHash, Tokens.AsSpan(1)));
            Assert.Throws<ArgumentException>(() => cache.Save(slot, path, new byte[31], Tokens));
            Assert.Equal("an older session", File.ReadAllText(path));

            cache.Save(slot, path, CacheFloats.ModelHash, Tokens);
            Assert.Equal(path, Assert.Single(directory.GetFiles()).FullName);
            Assert.Equal(Saved(), File.ReadAllBytes(path));
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            Assert.Equal(Tokens, cache.Load(path, CacheFloats.ModelHash).Tokens);

            byte[] otherModel = [.. CacheFloats.ModelHash.Reverse()];
            KvCacheFileException e = Assert.Throws<KvCacheFileException>(() => cache.Load(path, otherModel));
            Assert.Equal((path, "model hash"), (e.File, e.Field));

            // A directory in the way: the rename fails and the partial file is gone.
            string blocked = Path.Combine(directory.FullName, "blocked");
            Directory.CreateDirectory(Path.Combine(blocked, "x"));
            Assert.ThrowsAny<Exception>(() => cache.Save(slot, blocked, CacheFloats.ModelHash, Tokens));
            Assert.Single(directory.GetFiles());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_file_ends_in_the_SHA_256_of_all_before()
    {
        byte[] file = Saved();
        Assert.Equal(SHA256.HashData(file.AsSpan(0, file.Length - 32)), file[^32..]);
        Assert.Equal("PunaKv\r\n"u8.ToArray(), file[..8]);
        Assert.Equal(Tokens[0], BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(TokensAt)));
    }

    private static int Fill(KvCache cache)
    {
        int slot = cache.Open(FirstPos);
        for (int pos = FirstPos; pos < FirstPos + Length; pos++) CacheFloats.Append(cache, slot, pos);
        return slot;
    }

    private static byte[] Saved()
    {
        using KvCache cache = CacheFloats.SmallCache(Chunk, PageTokens);
        return Save(cache, Fill(cache), Tokens);
    }

    private static byte[] Save(KvCache cache, int slot, int[] tokens)
    {
        using MemoryStream stream = new();
        cache.Save(slot, stream, CacheFloats.ModelHash, tokens);
        return stream.ToArray();
    }

    private static KvSession Load(KvCache cache, byte[] file)
    {
        using MemoryStream stream = new(file);
        return cache.Load(stream, "session.kv", CacheFloats.ModelHash);
    }

    private static KvCacheFileException Refused(byte[] file)
    {
        using KvCache cache = CacheFloats.SmallCache(Chunk, PageTokens, maxSequences: 1);
        KvCacheFileException e = Assert.Throws<KvCacheFileException>(() => Load(cache, file));
        Assert.Equal(0, cache.UsedBytes);
        Assert.False(cache.IsOpen(0));
        return e;
    }

    private static void AssertVisible(KvCache cache, int slot)
    {
        for (int pos = FirstPos; pos < FirstPos + Length; pos++)
        {
            CacheFloats.AssertHolds(cache, 2, slot, pos, pos);
            if (pos >= 20) CacheFloats.AssertHolds(cache, 0, slot, pos, pos);
        }
    }
}
