using Puna.Tensors.Storage;

namespace Puna.Formats.Gguf;

/// <summary>Finds, opens and cross-checks the parts of a split model, starting from any one of them.</summary>
internal static class GgufSplitSet
{
    internal const string NotOneSet = "The parts come from different conversions: download all of them from one place.";

    private const int MaxNamed = 5; // missing parts listed in the error

    /// <summary>Opens all parts in order; adds every mapping to <paramref name="mapped"/>, which the caller frees on failure.</summary>
    internal static GgufPart[] Open(string path, List<NativeStorage> mapped)
    {
        GgufPart opened = OpenPart(path, mapped);
        int count = PartCount(opened);
        if (count == 1) return [opened];

        GgufSplit.PartName name = GgufSplit.Parse(path) ?? throw new ModelFileException(path,
            $"this is one of {count} parts, but its name does not follow 'NAME-00001-of-{count:D5}.gguf', so the others cannot be found",
            field: GgufSplit.CountKey, found: System.IO.Path.GetFileName(path), limit: $"NAME-00001-of-{count:D5}.gguf",
            remedy: "Give the parts back the names they were published under.");
        CheckNumbers(opened, name, count, name.Number);
        CheckAllPresent(path, name);

        GgufPart[] parts = new GgufPart[count];
        for (int i = 0; i < count; i++)
        {
            parts[i] = i == name.Number ? opened : OpenPart(name.Of(i), mapped);
            CheckNumbers(parts[i], name, count, i);
        }

        CheckTensorTotal(parts);
        return parts;
    }

    private static GgufPart OpenPart(string path, List<NativeStorage> mapped)
    {
        NativeStorage storage = ModelFileMapping.Map(path);
        mapped.Add(storage);
        return GgufPartReader.Read(path, storage);
    }

    private static int PartCount(GgufPart part)
    {
        if (!part.Metadata.TryGetInt64(GgufSplit.CountKey, out long count)) return 1;
        if (count is >= 1 and <= GgufSplit.MaxParts) return (int)count;

        throw Mismatch(part, GgufSplit.CountKey, $"{count}", $"1 to {GgufSplit.MaxParts}");
    }

    /// <summary>Name and metadata of a part agree on its number and on the count.</summary>
    private static void CheckNumbers(GgufPart part, GgufSplit.PartName name, int count, int number)
    {
        int ownCount = PartCount(part);
        if (ownCount != count) throw Mismatch(part, GgufSplit.CountKey, $"{ownCount}", $"{count}, as the other parts say");
        if (name.Count != count) throw Mismatch(part, GgufSplit.CountKey, $"{count}", $"{name.Count}, as its name says");

        long ownNumber = part.Metadata.GetInt64(GgufSplit.NumberKey);
        if (ownNumber != number) throw Mismatch(part, GgufSplit.NumberKey, $"{ownNumber}", $"{number}, as its name says");
    }

    private static void CheckAllPresent(string path, GgufSplit.PartName name)
    {
        List<string> missing = [];
        for (int i = 0; i < name.Count && missing.Count <= MaxNamed; i++)
        {
            if (!File.Exists(name.Of(i))) missing.Add(System.IO.Path.GetFileName(name.Of(i)));
        }

        if (missing.Count == 0) return;

        string names = string.Join(", ", missing.Take(MaxNamed)) + (missing.Count > MaxNamed ? " and more" : "");
        throw new ModelFileException(path, $"parts of this split model are missing beside it: {names}", field: GgufSplit.CountKey,
            found: names, limit: $"{name.Count} parts", remedy: "Download the missing parts into the same folder.");
    }

    private static void CheckTensorTotal(GgufPart[] parts)
    {
        long total = parts.Sum(part => (long)part.Tensors.Count);
        foreach (GgufPart part in parts)
        {
            // Every part may repeat the total; the first must state it.
            bool stated = part.Metadata.TryGetInt64(GgufSplit.TensorsKey, out long expected);
            if (!stated && part == parts[0]) part.Metadata.GetEntry(GgufSplit.TensorsKey);
            if (stated && expected != total) throw Mismatch(part, GgufSplit.TensorsKey, $"{expected}", $"{total}, the tensors of all parts");
        }
    }

    private static ModelFileException Mismatch(GgufPart part, string key, string found, string limit) => new(
        part.Path, $"{key} is {found}, expected {limit}", part.Metadata.GetEntry(key).Offset, key, found, limit, NotOneSet);
}
