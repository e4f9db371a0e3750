using System.Security.Cryptography;
using System.Text;
using Puna.Tensors.Quantization;

namespace Puna.Tests.Tensors.Quantization;

public class CodebooksTests
{
    [Theory]
    [InlineData(CodebookText.Grid2XXS, "db0f418409a42bb124d0ed8665756637d60586d380923817d59614c40dffac52")]
    [InlineData(CodebookText.Grid2XS, "38da8249db0d31127fc0f8c151f5c284487e026ef2d7779b2e0ae2f9fe2a42c5")]
    [InlineData(CodebookText.Grid2S, "282009308611a1d3d997251fac53c15399b49c61a1ab33e507bb1646553e6d91")]
    [InlineData(CodebookText.Grid3XXS, "c0cecf70b51e98c79014e4acf66a09cba0b7b71ca046fa0f02a9682477388f41")]
    [InlineData(CodebookText.Grid3S, "0a593afacbc6a9f16a456123e6477063f0d0a124874b0efd58465bf07c107d50")]
    [InlineData(CodebookText.Grid1, "03112c530e46c48a720f0fd799dacf8f218f5a0b59d0c5292f8f10212905cb70")]
    public void Text_has_the_published_digest(string text, string sha256) =>
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void Entries_expand_to_the_published_components()
    {
        Assert.Equal([43, 8, 8, 8, 8, 8, 8, 8], Components(Codebooks.Grid2XXS[1]));
        Assert.Equal([8, 25, 8, 8, 25, 43, 43, 43], Components(Codebooks.Grid2XXS[255]));
        Assert.Equal([4, 28, 52, 62], Components(Codebooks.Grid3XXS[255])[..4]);
        Assert.Equal([1, 1, 15, 15], Components(Codebooks.Grid3S[511])[..4]);
        Assert.All(Components(Codebooks.Grid1[0]), c => Assert.Equal(-1, c));
        Assert.All(Components(Codebooks.Grid1[2047]), c => Assert.Equal(1, c));
    }

    [Fact]
    public void Tables_have_the_published_sizes() => Assert.Equal(
        (256, 512, 1024, 256, 512, 2048),
        (Codebooks.Grid2XXS.Length, Codebooks.Grid2XS.Length, Codebooks.Grid2S.Length, Codebooks.Grid3XXS.Length, Codebooks.Grid3S.Length, Codebooks.Grid1.Length));

    [Fact]
    public void Sign_masks_from_an_index_have_an_even_number_of_minus_signs()
    {
        for (int index = 0; index < 128; index++)
        {
            byte mask = Codebooks.EvenSigns(index);
            Assert.Equal(index, mask & 127);
            Assert.Equal(0, byte.PopCount(mask) % 2);
        }
    }

    private static int[] Components(ulong entry) => [.. Enumerable.Range(0, 8).Select(t => (int)(sbyte)(entry >> (8 * t)))];
}
