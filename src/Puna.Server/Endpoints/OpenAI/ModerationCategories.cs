namespace Puna.Server.Endpoints.OpenAI;

/// <summary>The categories of OpenAI's moderations, by those of Llama Guard.</summary>
internal static class ModerationCategories
{
    /// <summary>All names, each with the codes whose score is its own. Those that a guard cannot tell from their parent have its score and are never true.</summary>
    internal static readonly (string Name, string[] Codes, bool IsTold)[] All =
    [
        ("harassment", ["S5"], true), ("harassment/threatening", ["S5"], false),
        ("hate", ["S10"], true), ("hate/threatening", ["S10"], false),
        ("illicit", ["S2", "S3", "S9", "S14"], true), ("illicit/violent", ["S1", "S9"], true),
        ("self-harm", ["S11"], true), ("self-harm/intent", ["S11"], false), ("self-harm/instructions", ["S11"], false),
        ("sexual", ["S3", "S4", "S12"], true), ("sexual/minors", ["S4"], true),
        ("violence", ["S1", "S9"], true), ("violence/graphic", ["S1", "S9"], false),
    ];
}
