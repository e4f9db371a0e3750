using Microsoft.Extensions.AI;

namespace Puna.Safety.Streams;

/// <summary>Puts guards into a pipeline of chat clients.</summary>
public static class PunaSafetyChatClientBuilderExtensions
{
    /// <summary>Judges messages and answers by a policy; inside of function invocation, so that tool calls and results pass it.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="guard">The guard; the caller's.</param>
    public static ChatClientBuilder UsePunaSafety(this ChatClientBuilder builder, SafetyGuard guard)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(guard);
        return builder.Use(inner => new SafetyChatClient(inner, guard));
    }
}
