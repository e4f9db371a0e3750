using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Puna.Chat.Templates;
using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Evaluation.Models;

/// <summary>What a Puna model is, to the byte: everything about it that can change an answer.</summary>
internal static partial class ModelDescription
{
    private const string TokenizerSample = "Llamas (llama glama) don't cost 1,234.50\n\tà la carte: 東京 🦙";

    /// <summary>What tells the kind of a model: the caller, the file, or its name.</summary>
    /// <exception cref="EvaluationException">Nothing does.</exception>
    internal static ModelVariant VariantOf(PunaModel model, ModelVariant? stated)
    {
        if (stated is { } known) return known;

        using IModelFile file = ModelFile.Open(model.Path);
        string finetune = file is GgufFile gguf && gguf.Metadata.TryGetString("general.finetune", out string? text) ? text : "";
        string words = $"{finetune} {model.Name} {Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Path))}".ToLowerInvariant();
        if (InstructWord().IsMatch(words)) return ModelVariant.Instruct;
        if (BaseWord().IsMatch(words)) return ModelVariant.Base;
        throw new EvaluationException(
            $"{model.Path}: neither the file's settings nor its name ('{model.Name}') tell whether it is a base or an instruct model, and a score means nothing without that. Say it with --variant base, instruct or chat-tuned.");
    }

    /// <summary>Files, weights, tokenizer and chat format.</summary>
    internal static JsonObject Of(PunaModel model, ModelVariant variant)
    {
        using IModelFile file = ModelFile.Open(model.Path);
        string[] paths = [.. file.Tensors.Select(tensor => file.Locate(tensor.Name).Path).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        JsonObject files = [];
        foreach (string path in paths) files.Add(Path.GetFileName(path), Sha256(path));
        return new JsonObject
        {
            ["name"] = model.Name,
            ["variant"] = NameOf(variant),
            ["files"] = files,
            ["parameters"] = file.Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size)),
            ["config"] = Hash(model.Config.ToString()!),
            ["quantization"] = Quantization(file),
            ["tokenizer"] = Tokenizer(model),
            ["template"] = Template(model),
            ["backend"] = model.Options.Backend.ToString().ToLowerInvariant(),
            ["kv_type"] = model.Options.KvType.ToString().ToLowerInvariant(),
            ["context_length"] = model.Engine.ContextLength,
            ["correct_early_scout_rope"] = model.Options.CorrectEarlyScoutRope,
        };
    }

    internal static string NameOf(ModelVariant variant) => variant == ModelVariant.ChatTuned ? "chat-tuned" : variant.ToString().ToLowerInvariant();

    internal static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Element types by tensor; layers whose tensors agree are written once, as <c>blk.*</c>.</summary>
    private static JsonObject Quantization(IModelFile file)
    {
        JsonObject types = [];
        foreach (IGrouping<string, Tensor> group in file.Tensors.GroupBy(tensor => LayerNumber().Replace(tensor.Name, ".*.")).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            string[] distinct = [.. group.Select(tensor => tensor.Type.ToString()).Distinct()];
            if (distinct.Length == 1)
            {
                types.Add(group.Key, distinct[0]);
                continue;
            }

            foreach (Tensor tensor in group) types.Add(tensor.Name, tensor.Type.ToString());
        }

        return types;
    }

    private static JsonObject Tokenizer(PunaModel model)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[8];
        for (int id = 0; id < model.Tokenizer.VocabSize; id++)
        {
            ReadOnlySpan<byte> bytes = model.Tokenizer.GetTokenBytes(id);
            BinaryPrimitives.WriteInt32LittleEndian(head, bytes.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], (int)model.Tokenizer.GetKind(id));
            hash.AppendData(head);
            hash.AppendData(bytes);
        }

        return new JsonObject
        {
            ["vocabulary"] = Convert.ToHexStringLower(hash.GetHashAndReset()),
            ["bos"] = model.Tokenizer.BosId,
            ["adds_bos"] = model.AddsBos,
            ["end"] = string.Join(',', model.Tokenizer.EndOfGenerationIds),
            ["sample"] = Hash(string.Join(',', model.Tokenizer.Encode(TokenizerSample, addBos: false))),
        };
    }

    private static JsonObject Template(PunaModel model)
    {
        string? source = model.Options.ChatTemplate ?? model.ChatTemplateSource;
        JsonObject template = new() { ["source"] = model.Options.ChatTemplate is not null ? "given" : source is not null ? "file" : "none", ["sha256"] = source is null ? null : Hash(source) };
        try
        {
            template["example"] = Hash(model.RenderChat([new TemplateMessage("system", "S"), new TemplateMessage("user", "U"), new TemplateMessage("assistant", "A"), new TemplateMessage("user", "V")]).Text);
        }
        catch (Prompting.ChatFormatException) // a base model; recipes that need a chat format say so when they ask
        {
            template["example"] = null;
        }

        return template;
    }

    private static string Sha256(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    [GeneratedRegex(@"\.\d+\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayerNumber();

    [GeneratedRegex(@"(^|[^a-z])(instruct|chat|assistant|it)([^a-z]|$)|puna[ -]demo", RegexOptions.CultureInvariant)]
    private static partial Regex InstructWord();

    [GeneratedRegex(@"(^|[^a-z])(base|pretrained|pretrain|pt)([^a-z]|$)", RegexOptions.CultureInvariant)]
    private static partial Regex BaseWord();
}
