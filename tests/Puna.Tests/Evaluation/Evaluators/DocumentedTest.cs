using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Puna.Evaluation.Evaluators;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Tests.Evaluation.Evaluators;

/// <summary>The code that docs/evaluation.md shows, between its marks.</summary>
internal static class DocumentedTest
{
    // documented:
    internal static async Task Fields_are_read_from_our_documents(IChatClient client, string data)
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("puna/fields"), new RunSettings { Data = data });
        TaskEvaluator evaluator = new(run.Task, passMark: 0.9);
        foreach (TaskQuestion question in TaskQuestion.Of(run))
        {
            ChatResponse response = await client.GetResponseAsync(question.Messages, question.Options);
            EvaluationResult result = await evaluator.EvaluateAsync(question.Messages, response, additionalContext: [question.Context]);
            NumericMetric score = result.Get<NumericMetric>("puna/fields: f1");
            Assert.False(score.Interpretation!.Failed, score.Interpretation.Reason);
        }
    }
    // :documented
}
