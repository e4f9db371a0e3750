using Puna.Safety.Injections;
using Puna.Training.Injections;
using Xunit;
using Resources = Puna.Training.Data.Resources;

namespace Puna.Training.Tests;

public sealed class InjectionTests
{
    [Fact]
    public void Held_out_templates_and_training_share_no_line()
    {
        HashSet<string> training = [.. Lines("attacks"), .. Lines("attack-parts"), .. Lines("attacks-languages"), .. Lines("benign"), .. Lines("benign-parts"), .. Lines("background"),
            .. Lines("wide-attacks"), .. Lines("wide-attack-parts"), .. Lines("wide-benign"), .. Lines("wide-benign-parts")];
        Assert.DoesNotContain(((string[])["attacks", "attack-parts", "benign", "benign-parts"]).SelectMany(f => Lines("heldout." + f)), training.Contains);

        static IEnumerable<string> Lines(string file) => Resources.Read($"injections.{file}.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] is not ('@' or '/'));
    }

    [Fact]
    public void Every_template_expands()
    {
        foreach (InjectionExamples examples in (InjectionExamples[])[InjectionExamples.Training(3), InjectionExamples.WideTraining(3), InjectionExamples.HeldOut(3)])
        {
            for (int i = 0; i < 3000; i++)
            {
                Assert.True(examples.Attack(i).IsAttack);
                Assert.False(examples.Benign(i).IsAttack);
            }
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights()
    {
        InjectionTrainer.Settings settings = new() { Attacks = 300, Benign = 300, Epochs = 2 };
        byte[][] runs = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            (List<(uint Feature, float Weight)> weights, float bias) = InjectionTrainer.Run(settings, InjectionClassifier.Lexicon, _ => { });
            return InjectionClassifier.Write(weights, bias);
        })];
        Assert.Equal(runs[0], runs[1]);
    }
}
