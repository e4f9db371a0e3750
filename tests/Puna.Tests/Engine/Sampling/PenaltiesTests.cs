using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class PenaltiesTests
{
    private const int VocabSize = 6;

    [Fact]
    public void Repetition_divides_positive_and_multiplies_negative_logits_of_prompt_and_reply()
    {
        Penalties penalties = new(new SamplingOptions { RepetitionPenalty = 2 }, VocabSize, 16);
        penalties.Add(0, generated: false);
        penalties.Add(1, generated: true);
        penalties.Add(1, generated: true);

        Assert.Equal([2f, -6f, 4f, -3f, 0f, 1f], Applied(penalties, 4f, -3f, 4f, -3f, 0f, 1f));
    }

    [Fact]
    public void Repetition_forgets_what_left_the_window()
    {
        Penalties penalties = new(new SamplingOptions { RepetitionPenalty = 2, RepeatLastN = 2 }, VocabSize, 16);
        foreach (int id in new[] { 0, 0, 1, 2 }) penalties.Add(id, generated: true);

        Assert.Equal([4f, 2f, 2f, 4f, 4f, 4f], Applied(penalties, 4f, 4f, 4f, 4f, 4f, 4f));
    }

    [Fact]
    public void Presence_counts_once_and_frequency_every_time_but_only_generated_tokens()
    {
        Penalties penalties = new(new SamplingOptions { PresencePenalty = 0.5f, FrequencyPenalty = 0.25f }, VocabSize, 16);
        foreach (int id in new[] { 0, 0, 3 }) penalties.Add(id, generated: false);
        foreach (int id in new[] { 1, 1, 1, 2 }) penalties.Add(id, generated: true);

        Assert.Equal([0f, -1.25f, -0.75f, 0f, 0f, 0f], Applied(penalties, 0f, 0f, 0f, 0f, 0f, 0f));
    }

    [Fact]
    public void Window_counts_agree_with_a_recount()
    {
        Random random = new(2);
        WindowCounts counts = new(37, 50);
        List<int> all = [];
        for (int i = 0; i < 2000; i++)
        {
            int id = random.Next(random.Next(1, 50));
            all.Add(id);
            counts.Add(id);

            Dictionary<int, int> expected = all.TakeLast(37).GroupBy(t => t).ToDictionary(g => g.Key, g => g.Count());
            Assert.Equal(expected.OrderBy(e => e.Key), counts.Counts.OrderBy(e => e.Key));
        }
    }

    [Fact]
    public void Clearing_forgets_everything()
    {
        Penalties penalties = new(new SamplingOptions { RepetitionPenalty = 2, PresencePenalty = 1, Dry = new DryOptions() }, VocabSize, 16);
        foreach (int id in new[] { 0, 1, 2, 0, 1 }) penalties.Add(id, generated: true);
        penalties.Clear();

        Assert.Equal([1f, 1f, 1f, 1f, 1f, 1f], Applied(penalties, 1f, 1f, 1f, 1f, 1f, 1f));
    }

    private static float[] Applied(Penalties penalties, params float[] logits)
    {
        penalties.Apply(logits);
        return logits;
    }
}
