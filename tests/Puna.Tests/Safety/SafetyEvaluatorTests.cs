using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Puna.Safety.Evaluators;
using Puna.Safety.Policy;
using Puna.Safety.Streams;

namespace Puna.Tests.Safety;

public sealed class SafetyEvaluatorTests
{
    [Theory]
    [InlineData("hello", "fine", true, true, 0f)]
    [InlineData("hello", "password=Tr0ub4dor99x", true, false, 0.9f)]
    [InlineData("GB82WEST12345698765432", "fine", false, true, 0f)]
    public async Task Conversations_and_answers_are_scored_by_the_policy(string question, string answer, bool conversationPasses, bool answerPasses, float score)
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"user":[{"scanner":"personal-data"}],"assistant":[{"scanner":"secrets"}]}}""");
        IEvaluator evaluator = new SafetyEvaluator(new SafetyGuard(new PolicyHost(policy)));
        EvaluationResult result = await evaluator.EvaluateAsync([new ChatMessage(ChatRole.User, question)], new ChatResponse(new ChatMessage(ChatRole.Assistant, answer)));

        Assert.Equal(evaluator.EvaluationMetricNames.Order(), result.Metrics.Keys.Order());
        Assert.Equal(conversationPasses, result.Get<BooleanMetric>(SafetyEvaluator.ConversationMetric).Value);
        BooleanMetric judged = result.Get<BooleanMetric>(SafetyEvaluator.AnswerMetric);
        Assert.Equal((answerPasses, !answerPasses), (judged.Value, judged.Interpretation!.Failed));
        Assert.Equal(score, result.Get<NumericMetric>(SafetyEvaluator.ScoreMetric).Value!.Value, 1e-6);
    }
}
