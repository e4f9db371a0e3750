using System.Globalization;
using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.LongContext;

/// <summary>Words, names and values that no text has by itself.</summary>
internal static class InventedWords
{
    private const string Consonants = "bdfghklmnprstvz", Vowels = "aeiou";

    internal static readonly string[] Adjectives =
    [
        "amber", "ancient", "bitter", "brass", "bright", "brittle", "broad", "broken", "calm", "chilly", "clever", "copper", "crooked", "damp", "dapper", "dusty", "eager", "early", "empty", "faded",
        "fair", "fierce", "flat", "frozen", "gentle", "gilded", "golden", "grand", "green", "grey", "hasty", "heavy", "hidden", "hollow", "honest", "humble", "icy", "idle", "iron", "jolly",
        "keen", "late", "lively", "lonely", "loud", "lucky", "mellow", "misty", "modest", "muddy", "narrow", "nimble", "noisy", "oaken", "pale", "patient", "plain", "polite", "proud", "quaint",
        "quick", "quiet", "rapid", "rare", "rough", "round", "rusty", "salty", "scarlet", "shady", "sharp", "silent", "silver", "slender", "sober", "steep", "stony", "sunny", "tall", "wooden",
    ];

    internal static readonly string[] Nouns =
    [
        "acorn", "anchor", "anvil", "apron", "arch", "badge", "barrel", "basket", "beacon", "bell", "bench", "blanket", "boat", "bottle", "bridge", "broom", "bucket", "button", "cabin", "candle",
        "canoe", "cart", "cellar", "chair", "chimney", "clock", "cloak", "compass", "cottage", "cradle", "crown", "cup", "curtain", "dial", "drum", "easel", "engine", "fence", "ferry", "fiddle",
        "flag", "flute", "fountain", "garden", "gate", "glove", "hammer", "harbour", "harp", "hatch", "helmet", "hinge", "kettle", "kite", "ladder", "lantern", "lever", "lock", "loom", "map",
        "mast", "mill", "mirror", "needlecase", "oar", "orchard", "oven", "parcel", "pebble", "pedal", "pillar", "pitcher", "plough", "pocket", "pond", "pulley", "quilt", "rafter", "ribbon", "saddle",
        "sail", "scarf", "shelf", "shovel", "sieve", "spindle", "spoon", "stable", "stove", "sundial", "table", "teapot", "thimble", "tower", "trunk", "tunnel", "vase", "wagon", "wheel", "window",
    ];

    internal static string Pick(SplitMix64 random, string[] words) => words[random.Next(words.Length)];

    internal static string Key(SplitMix64 random) => $"{Pick(random, Adjectives)}-{Pick(random, Nouns)}";

    internal static string Number(SplitMix64 random) => (1_000_000 + random.Next(9_000_000)).ToString(CultureInfo.InvariantCulture);

    internal static string Uuid(SplitMix64 random)
    {
        string digits = random.Next().ToString("x16", CultureInfo.InvariantCulture) + random.Next().ToString("x16", CultureInfo.InvariantCulture);
        return $"{digits[..8]}-{digits[8..12]}-{digits[12..16]}-{digits[16..20]}-{digits[20..]}";
    }

    /// <summary>A word of three syllables, always six letters long, so that none is part of another.</summary>
    internal static string Coined(SplitMix64 random) => string.Concat(Enumerable.Range(0, 3).Select(_ => $"{Consonants[random.Next(Consonants.Length)]}{Vowels[random.Next(Vowels.Length)]}"));

    internal static string Name(SplitMix64 random) => Coined(random) is var word ? char.ToUpperInvariant(word[0]) + word[1..] : "";

    internal static string Letters(SplitMix64 random, int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)('A' + random.Next(26))));

    /// <summary>Different values.</summary>
    internal static string[] Distinct(int count, Func<string> draw)
    {
        HashSet<string> found = [];
        while (found.Count < count) found.Add(draw());
        return [.. found];
    }
}
