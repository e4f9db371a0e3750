using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece.Splitters;

/// <summary>Writes spaces as U+2581, puts one in front, and divides before each.</summary>
internal sealed class MetaspaceSplitter(SpacePrefix prefix, bool split) : ISplitter
{
    private const int Mark = 0x2581;

    public void Split(MappedText part, bool first, List<MappedText> output)
    {
        bool prefixed = prefix == SpacePrefix.EveryFragment || (prefix == SpacePrefix.FirstFragment && first);
        MappedText.Builder builder = new(part.Length + 1);
        if (prefixed && part[0] is not (' ' or Mark)) builder.Add(Mark, part.StartOf(0), part.StartOf(0));
        for (int i = 0; i < part.Length; i++) builder.Add(part[i] == ' ' ? Mark : part[i], part.StartOf(i), part.EndOf(i));

        MappedText marked = builder.Build();
        if (!split)
        {
            output.Add(marked);
            return;
        }

        int begin = 0;
        for (int i = 1; i <= marked.Length; i++)
        {
            if (i < marked.Length && marked[i] != Mark) continue;
            output.Add(marked.Slice(begin, i));
            begin = i;
        }
    }
}
