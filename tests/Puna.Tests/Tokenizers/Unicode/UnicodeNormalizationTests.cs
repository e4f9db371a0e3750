using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Puna.Tests.Tokenizers;
using Puna.Tokenizers.Unicode;

namespace Puna.Tests.Tokenizers.Unicode;

public sealed class UnicodeNormalizationTests
{
    [Fact]
    public void The_four_forms_are_those_of_the_golden_file()
    {
        using JsonDocument golden = JsonDocument.Parse(new GZipStream(File.OpenRead(TokenizerFiles.Golden("unicode_golden.json.gz")), CompressionMode.Decompress));
        Assert.Equal(3000, golden.RootElement.GetArrayLength());
        foreach (JsonElement row in golden.RootElement.EnumerateArray())
        {
            string[] forms = [.. row.EnumerateArray().Select(form => form.GetString()!)];
            Assert.Equal(forms[1], UnicodeNormalization.Normalize(forms[0], NormalizationForm.FormC));
            Assert.Equal(forms[2], UnicodeNormalization.Normalize(forms[0], NormalizationForm.FormD));
            Assert.Equal(forms[3], UnicodeNormalization.Normalize(forms[0], NormalizationForm.FormKC));
            Assert.Equal(forms[4], UnicodeNormalization.Normalize(forms[0], NormalizationForm.FormKD));
        }
    }

    [Fact]
    public void What_was_changed_points_at_where_it_came_from()
    {
        const string Text = "aﬁe\u0301z";
        MappedText mapped = UnicodeNormalization.Normalize(MappedText.Of(Text), NormalizationForm.FormKC);

        Assert.Equal("afi\u00E9z", mapped.ToString());
        Assert.Equal((1, 2), mapped.OriginalRange(1, 3)); // the ligature
        Assert.Equal((2, 4), mapped.OriginalRange(3, 4)); // letter and accent
        Assert.Equal((4, 5), mapped.OriginalRange(4, 5));
    }
}
