namespace Puna.Server.Telemetry;

/// <summary>
/// Names of OpenTelemetry's conventions for generative AI that this server uses, in one place because the conventions are
/// still in development; and those of its own under <c>puna.</c>.
/// </summary>
internal static class GenAI
{
    internal const string Source = "Puna.Server";

    // Operations
    internal const string Chat = "chat";
    internal const string TextCompletion = "text_completion";
    internal const string Embeddings = "embeddings";

    // Metrics
    internal const string RequestDuration = "gen_ai.server.request.duration";
    internal const string TimeToFirstToken = "gen_ai.server.time_to_first_token";
    internal const string TimePerOutputToken = "gen_ai.server.time_per_output_token";
    internal const string Tokens = "puna.tokens";
    internal const string RequestsRunning = "puna.requests.running";
    internal const string RequestsWaiting = "puna.requests.waiting";
    internal const string CacheUsed = "puna.cache.used";
    internal const string CacheAllocated = "puna.cache.allocated";
    internal const string CacheRetained = "puna.cache.retained_sequences";

    // Attributes
    internal const string OperationName = "gen_ai.operation.name";
    internal const string ProviderName = "gen_ai.provider.name";
    internal const string RequestModel = "gen_ai.request.model";
    internal const string RequestMaxTokens = "gen_ai.request.max_tokens";
    internal const string RequestTemperature = "gen_ai.request.temperature";
    internal const string RequestTopP = "gen_ai.request.top_p";
    internal const string RequestTopK = "gen_ai.request.top_k";
    internal const string RequestSeed = "gen_ai.request.seed";
    internal const string RequestChoiceCount = "gen_ai.request.choice.count";
    internal const string RequestFrequencyPenalty = "gen_ai.request.frequency_penalty";
    internal const string RequestPresencePenalty = "gen_ai.request.presence_penalty";
    internal const string ResponseModel = "gen_ai.response.model";
    internal const string ResponseFinishReasons = "gen_ai.response.finish_reasons";
    internal const string UsageInputTokens = "gen_ai.usage.input_tokens";
    internal const string UsageOutputTokens = "gen_ai.usage.output_tokens";
    internal const string UsageCacheReadInputTokens = "gen_ai.usage.cache_read.input_tokens";
    internal const string TokenType = "gen_ai.token.type";
    internal const string ErrorType = "error.type";
    internal const string CallerName = "puna.key.name";

    internal const string Provider = "puna";
}
