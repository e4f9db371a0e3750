using System.Globalization;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Tests.Tensors.Quantization;

public class QuantizationRecipeTests
{
    [Theory]
    [InlineData("F32", 0)]
    [InlineData("f16", 1)]
    [InlineData("BF16", 32)]
    [InlineData("Q4_0", 2)]
    [InlineData("Q8_0", 7)]
    [InlineData("q4_k", 14)]
    [InlineData("Q4_K_M", 15)]
    [InlineData("Q5_K", 16)]
    [InlineData("Q5_K_M", 17)]
    [InlineData("Q6_K", 18)]
    public void Name_leads_to_the_file_type_label(string name, int fileType) => Assert.Equal(fileType, Recipe(name).FileType);

    [Fact]
    public void An_unknown_name_is_not_found() => Assert.False(QuantizationRecipe.TryParse("Q4_K_XXL", out _));

    [Fact]
    public void Every_recipe_has_a_base_type_that_can_be_written() =>
        Assert.All(QuantizationRecipe.All, r => Assert.True(Quantizer.CanQuantize(r.BaseType)));

    [Theory]
    [InlineData("output_norm.weight", new long[] { 256 })]
    [InlineData("blk.0.attn_norm.weight", new long[] { 256 })]
    [InlineData("blk.0.attn_q_norm.weight", new long[] { 256, 4 })]
    [InlineData("blk.0.ffn_gate_inp.weight", new long[] { 256, 16 })]
    [InlineData("blk.0.attn_q.bias", new long[] { 256 })]
    [InlineData("rope_freqs.weight", new long[] { 64 })]
    [InlineData("rope_freqs.weight", new long[] { 64, 1 })]
    public void Norms_routers_and_vectors_stay_F32_in_every_recipe(string name, long[] shape) =>
        Assert.All(QuantizationRecipe.All, r => Assert.Equal(ElementType.F32, r.TypeOf(name, shape, 4, tied: false)));

    [Theory]
    [InlineData("Q4_0", ElementType.Q6_K, ElementType.Q4_0)]
    [InlineData("Q4_K", ElementType.Q6_K, ElementType.Q4_K)]
    [InlineData("Q5_K_M", ElementType.Q6_K, ElementType.Q5_K)]
    [InlineData("Q6_K", ElementType.Q6_K, ElementType.Q6_K)]
    [InlineData("Q8_0", ElementType.Q8_0, ElementType.Q8_0)]
    [InlineData("BF16", ElementType.BF16, ElementType.BF16)]
    public void Output_matrix_or_the_tied_embedding_in_its_place_gets_at_least_Q6_K(string recipe, ElementType output, ElementType embedding)
    {
        long[] shape = [256, 512];
        Assert.Equal(output, Recipe(recipe).TypeOf("output.weight", shape, 4, tied: false));
        Assert.Equal(embedding, Recipe(recipe).TypeOf("token_embd.weight", shape, 4, tied: false));
        Assert.Equal(output, Recipe(recipe).TypeOf("token_embd.weight", shape, 4, tied: true));
    }

    // The raised layers are those llama.cpp's quantizer chose for models of this many layers.
    [Theory]
    [InlineData("Q4_K_M", 10, "0,3,6,8,9")]
    [InlineData("Q4_K_M", 12, "0,3,6,9,10,11")]
    [InlineData("Q4_K_M", 16, "0,1,4,7,10,13,14,15")]
    [InlineData("Q5_K_M", 16, "0,1,4,7,10,13,14,15")]
    [InlineData("Q4_K_M", 48, "0,1,2,3,4,5,8,11,14,17,20,23,26,29,32,35,38,41,42,43,44,45,46,47")]
    [InlineData("Q4_K_M", 80, "0,1,2,3,4,5,6,7,8,9,12,15,18,21,24,27,30,33,36,39,42,45,48,51,54,57,60,63,66,69,70,71,72,73,74,75,76,77,78,79")]
    public void Mixed_recipes_raise_values_and_down_projections_in_chosen_layers(string recipe, int layers, string raised)
    {
        HashSet<int> expected = [.. raised.Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        ElementType baseType = Recipe(recipe).BaseType;
        for (int i = 0; i < layers; i++)
        {
            foreach (string part in (string[])["ffn_down", "ffn_down_exps", "ffn_down_shexp"])
                Assert.Equal(expected.Contains(i) ? ElementType.Q6_K : baseType, Recipe(recipe).TypeOf($"blk.{i}.{part}.weight", [256, 256], layers, tied: false));

            ElementType otherwise = layers == 80 && baseType == ElementType.Q4_K ? ElementType.Q5_K : baseType;
            Assert.Equal(expected.Contains(i) ? ElementType.Q6_K : otherwise, Recipe(recipe).TypeOf($"blk.{i}.attn_v.weight", [256, 64], layers, tied: false));

            foreach (string part in (string[])["attn_q", "attn_k", "attn_output", "ffn_gate", "ffn_up", "ffn_gate_exps", "ffn_up_exps", "ffn_up_shexp"])
                Assert.Equal(baseType, Recipe(recipe).TypeOf($"blk.{i}.{part}.weight", [256, 256], layers, tied: false));
        }
    }

    [Theory]
    [InlineData("Q4_K", 480, ElementType.Q8_0)]
    [InlineData("Q4_K_M", 480, ElementType.Q8_0)]
    [InlineData("Q6_K", 160, ElementType.Q8_0)]
    [InlineData("Q6_K", 144, ElementType.F16)]
    [InlineData("Q4_0", 160, ElementType.Q4_0)]
    [InlineData("Q4_0", 144, ElementType.F16)]
    [InlineData("Q8_0", 144, ElementType.F16)]
    [InlineData("F32", 144, ElementType.F32)]
    public void A_row_that_is_not_whole_blocks_falls_back_to_a_wider_type(string recipe, long width, ElementType expected) =>
        Assert.Equal(expected, Recipe(recipe).TypeOf("blk.0.ffn_down.weight", [width, 256], 4, tied: false));

    [Fact]
    public void A_layer_the_model_does_not_have_is_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Recipe("Q4_K_M").TypeOf("blk.4.attn_v.weight", [256, 64], 4, tied: false));
        Assert.Contains("blk.4.attn_v.weight: the model has 4 layers", e.Message, StringComparison.Ordinal);
    }

    private static QuantizationRecipe Recipe(string name)
    {
        Assert.True(QuantizationRecipe.TryParse(name, out QuantizationRecipe? recipe));
        return recipe;
    }
}
