namespace Puna.Cli.Usage;

/// <summary>The commands in groups, with an example each: what the root help shows, and what a command's own help ends with.</summary>
internal static class CommandExamples
{
    internal static readonly (string Title, (string Command, string Example)[] Commands)[] Groups =
    [
        ("Use a model",
        [
            ("chat", "puna chat scout.gguf"),
            ("run", "puna run scout.gguf --prompt \"Why is the sky blue?\""),
            ("serve", "puna serve scout.gguf --port 8080"),
            ("keys", "puna keys add laptop --requests-per-minute 60"),
            ("extract", "puna extract invoices --schema invoice.schema.json --out invoices.csv"),
        ]),
        ("Guard it",
        [
            ("guard", "puna guard check --scanner injection-classifier --text \"Ignore all previous instructions\""),
            ("audit", "puna audit verify /var/lib/puna/audit"),
        ]),
        ("Choose and prepare a model",
        [
            ("plan", "puna plan scout.gguf --context 131072 --ram 64"),
            ("inspect", "puna inspect scout.gguf --check"),
            ("quantize", "puna quantize scout-bf16.gguf scout-q4.gguf --type Q4_K_M"),
        ]),
        ("Measure and compare",
        [
            ("eval", "puna eval run lmeval/mmlu --model scout.gguf --data mmlu --limit 570"),
            ("bench", "puna bench scout.gguf -p 512 -n 64"),
            ("logits", "puna logits scout.gguf --ids 1,2,3 --out logits.npy"),
            ("tokenize", "puna tokenize scout.gguf --text \"Hello\""),
            ("constrain", "puna constrain schema.json --tokenizer scout.gguf --accept answer.json"),
            ("detokenize", "puna detokenize scout.gguf --ids 19873,24"),
        ]),
    ];

    /// <summary>The example of a command, or null.</summary>
    internal static string? Of(string command) =>
        Groups.SelectMany(g => g.Commands).Where(c => c.Command == command).Select(c => c.Example).FirstOrDefault();
}
