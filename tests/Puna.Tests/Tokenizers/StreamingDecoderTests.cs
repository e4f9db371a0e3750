using System.Text;
using Puna.Tokenizers;

namespace Puna.Tests.Tokenizers;

public class StreamingDecoderTests
{
    private static readonly Tokenizer Tokenizer = TestVocabulary.Create();

    [Fact]
    public void Pieces_together_equal_the_whole()
    {
        Random random = new(6);
        for (int n = 0; n < 5_000; n++)
        {
            // Random ids are mostly broken UTF-8; ids of a text are whole characters cut into bytes.
            int[] ids = n % 2 == 0
                ? [.. Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(Tokenizer.VocabSize))]
                : Tokenizer.Encode(string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => new Rune(random.Next(0x10000, 0x11000)).ToString() + "éß世x")), addBos: false);
            bool includeSpecial = n % 3 == 0;

            StringBuilder streamed = new();
            StreamingDecoder decoder = new(Tokenizer, includeSpecial);
            foreach (int id in ids) streamed.Append(decoder.Append(id));
            streamed.Append(decoder.Flush());

            Assert.Equal(Tokenizer.Decode(ids, includeSpecial), streamed.ToString());
        }
    }

    [Fact]
    public void Unfinished_character_is_held_back()
    {
        StreamingDecoder decoder = new(Tokenizer);

        Assert.Equal("", decoder.Append(0xF0).ToString()); // ids of bytes are the bytes here
        Assert.Equal("", decoder.Append(0x9F).ToString());
        Assert.Equal("", decoder.Append(0x98).ToString());
        Assert.Equal("\U0001F600", decoder.Append(0x80).ToString());
    }

    [Fact]
    public void Flush_replaces_what_was_held_back_and_starts_anew()
    {
        StreamingDecoder decoder = new(Tokenizer);
        decoder.Append(0xE4);

        Assert.Equal("\uFFFD", decoder.Flush().ToString());
        Assert.Equal("a", decoder.Append('a').ToString());
        Assert.Equal("", decoder.Flush().ToString());
    }

    [Fact]
    public void Appending_allocates_nothing()
    {
        StreamingDecoder decoder = new(Tokenizer);
        int[] ids = Tokenizer.Encode("hello and the 世é user", addBos: true);
        foreach (int id in ids) decoder.Append(id);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int n = 0; n < 100; n++)
        {
            foreach (int id in ids) decoder.Append(id);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
