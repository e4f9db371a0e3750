using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Tests.Formats.Gguf;

public sealed class GgufSplitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Name(int number, int count = 3) => $"m-{number:D5}-of-{count:D5}.gguf";

    /// <summary>A part of a set of 3 with one tensor, which states what it is told to.</summary>
    private string WritePart(int number, int? no = null, int count = 3, int total = 3, string? tensor = null, string? file = null)
    {
        GgufBytes bytes = new GgufBytes().Header(1, 4)
            .Key("split.no", GgufValueType.UInt16).U16((ushort)(no ?? (number - 1)))
            .Key("split.count", GgufValueType.UInt16).U16((ushort)count)
            .Key("split.tensors.count", GgufValueType.Int32).U32((uint)total)
            .Key("part.marker", GgufValueType.UInt8).Raw([(byte)number])
            .Tensor(tensor ?? $"t{number}", ElementType.I8, 0, 1).Pad().Raw([(byte)number]);
        return _folder.Write(file ?? Name(number), bytes.ToArray());
    }

    private void WriteAll()
    {
        for (int i = 1; i <= 3; i++) WritePart(i);
    }

    private ModelFileException Refused(int opened) => Assert.Throws<ModelFileException>(() => GgufFile.Open(_folder[Name(opened)]));

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Any_part_opens_the_whole_set(int opened)
    {
        WriteAll();
        using GgufFile file = GgufFile.Open(_folder[Name(opened)]);

        Assert.Equal([Name(1), Name(2), Name(3)], file.Parts.Select(p => Path.GetFileName(p.Path)));
        Assert.Equal(["t1", "t2", "t3"], file.Tensors.Select(t => t.Name));
        Assert.Equal(1, file.Metadata.GetInt32("part.marker")); // the model's metadata is that of part 1
        Assert.Equal(3, file.GetTensor("t3").Row(0)[0]);
        Assert.Equal(_folder[Name(2)], file.Locate("t2").Path);
    }

    [Fact]
    public void Relative_path_finds_the_other_parts()
    {
        WriteAll();
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder[Name(2)]);
        using GgufFile file = GgufFile.Open(relative);
        Assert.Equal(3, file.Parts.Count);
    }

    [Fact]
    public void Missing_parts_are_named()
    {
        WritePart(2);
        ModelFileException error = Refused(2);
        Assert.Contains($"{Name(1)}, {Name(3)}", error.Message);
        Assert.Contains("Download the missing parts", error.Message);
    }

    [Fact]
    public void Huge_count_lists_only_a_few_of_the_missing_parts()
    {
        WritePart(1, count: 65535, file: Name(1, 65535));
        ModelFileException error = Assert.Throws<ModelFileException>(() => GgufFile.Open(_folder[Name(1, 65535)]));
        Assert.Contains("and more", error.Message);
        Assert.InRange(error.Message.Length, 0, 500);
    }

    [Fact]
    public void Part_that_claims_another_count_is_refused()
    {
        WriteAll();
        WritePart(3, count: 4);
        ModelFileException error = Refused(1);
        Assert.Equal((_folder[Name(3)], "split.count", "4"), (error.File, error.Field, error.Found));
    }

    [Fact]
    public void Part_that_is_a_copy_of_another_is_refused()
    {
        WriteAll();
        File.Copy(_folder[Name(1)], _folder[Name(3)], overwrite: true);
        ModelFileException error = Refused(1);
        Assert.Equal((_folder[Name(3)], "split.no", "0"), (error.File, error.Field, error.Found));
    }

    [Fact]
    public void Part_that_links_to_the_first_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "symbolic links need a privilege on Windows");
        WriteAll();
        File.Delete(_folder[Name(2)]);
        File.CreateSymbolicLink(_folder[Name(2)], _folder[Name(1)]);
        Assert.Equal("split.no", Refused(1).Field);
    }

    [Fact]
    public void Name_that_contradicts_the_metadata_is_refused()
    {
        WriteAll();
        File.Copy(_folder[Name(1)], _folder[Name(1, 2)]);
        File.Copy(_folder[Name(2)], _folder[Name(2, 2)]);
        ModelFileException error = Assert.Throws<ModelFileException>(() => GgufFile.Open(_folder[Name(1, 2)]));
        Assert.Equal(("split.count", "3"), (error.Field, error.Found));
    }

    [Theory, InlineData(0), InlineData(4)]
    public void Part_number_outside_the_set_is_refused(int number)
    {
        WriteAll();
        WritePart(1, file: Name(number));
        Assert.Equal("split.no", Refused(number).Field);
    }

    [Fact]
    public void Renamed_part_is_refused_with_the_pattern_of_the_names()
    {
        WritePart(1, file: "renamed.gguf");
        ModelFileException error = Assert.Throws<ModelFileException>(() => GgufFile.Open(_folder["renamed.gguf"]));
        Assert.Contains("NAME-00001-of-00003.gguf", error.Message);
    }

    [Fact]
    public void Wrong_total_of_tensors_is_refused()
    {
        WriteAll();
        WritePart(2, total: 5);
        ModelFileException error = Refused(1);
        Assert.Equal(("split.tensors.count", "5"), (error.Field, error.Found));
    }

    [Fact]
    public void Tensor_in_two_parts_is_refused()
    {
        WriteAll();
        WritePart(3, tensor: "t1");
        ModelFileException error = Refused(2);
        Assert.Equal("t1", error.Field);
        Assert.Contains(Name(1), error.Message);
    }

    [Theory, InlineData(0), InlineData(65536), InlineData(-1)]
    public void Count_outside_its_range_is_refused(int count)
    {
        string path = _folder.Write(Name(1), new GgufBytes().Header(0, 1).Key("split.count", GgufValueType.Int32).U32((uint)count).ToArray());
        Assert.Equal("split.count", Assert.Throws<ModelFileException>(() => GgufFile.Open(path)).Field);
    }

    [Fact]
    public void Damaged_other_part_is_the_one_named()
    {
        WriteAll();
        File.WriteAllBytes(_folder[Name(2)], File.ReadAllBytes(_folder[Name(2)])[..40]);
        Assert.Equal(_folder[Name(2)], Refused(1).File);
    }
}
