using Puna.Training.Data;
using Puna.Training.Vocabulary;
using Xunit;

namespace Puna.Training.Tests;

public sealed class DataTests
{
    [Fact]
    public void Lists_of_training_and_evaluation_share_no_entry()
    {
        foreach (string list in ValueLists.HeldOut.Lists)
            Assert.Empty(ValueLists.HeldOut[list].Intersect(ValueLists.Train[list], StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void An_example_depends_on_seed_and_number_alone()
    {
        DemoVocabulary vocabulary = DemoVocabulary.Of([]);
        ExampleSource first = new(vocabulary.Tokenizer, 5, new ExampleSource.Plan(100, int.MaxValue)), second = new(vocabulary.Tokenizer, 5, new ExampleSource.Plan(100, int.MaxValue));
        first.Conversation(1);

        Assert.Equal(second.Encode(second.Conversation(77)).Ids, first.Encode(first.Conversation(77)).Ids);
        Assert.NotEqual(second.Encode(second.Conversation(77)).Ids, first.Encode(first.Conversation(78)).Ids);
    }
}
