using System.Text;

namespace Puna.Formats;

/// <summary>Recognises what a file that is not the expected format is instead, so that the error can say so.</summary>
internal static class FileSignature
{
    /// <summary>Bytes of the head that <see cref="Describe"/> looks at.</summary>
    internal const int HeadBytes = 64;

    private static ReadOnlySpan<byte> GitLfs => "version https://git-lfs"u8;

    /// <summary>A remedy for a file that should be <paramref name="expected"/> but begins with <paramref name="head"/>, or null if nothing familiar is there.</summary>
    internal static string? Describe(ReadOnlySpan<byte> head, FileKind expected)
    {
        if (head.StartsWith(GitLfs))
            return "This is a Git LFS pointer, not the model: run 'git lfs pull' or download the file itself.";
        if (LooksLikeHtml(head))
            return "This is a web page, perhaps a login or error page saved under the model's name: download the file again.";
        if (expected != FileKind.Gguf && head.StartsWith("GGUF"u8))
            return "This is a GGUF file: open it as one (name it .gguf).";
        if (head.StartsWith("ggml"u8) || head.StartsWith("lmgg"u8) || head.StartsWith("tjgg"u8) || head.StartsWith("fmgg"u8))
            return "This is a GGML file of before GGUF: convert the original weights to GGUF.";
        if (head.StartsWith("PK\u0003\u0004"u8))
            return "This is a ZIP archive, perhaps a PyTorch checkpoint: convert it to safetensors or GGUF.";
        if (head.Length >= 2 && head[0] == 0x80 && head[1] is >= 2 and <= 5)
            return "This is a Python pickle, which can run code when read: convert it to safetensors or GGUF.";
        if (head.Length >= 2 && head[0] == 0x1f && head[1] == 0x8b)
            return "This is a gzip archive: unpack it first.";
        if (expected != FileKind.Safetensors && LooksLikeSafetensors(head))
            return "This looks like a safetensors file: open it as one (name it .safetensors).";
        if (expected != FileKind.Json && head.Length >= 1 && (head[0] is (byte)'{' or (byte)'['))
            return "This looks like a JSON text, not a file of weights.";

        return null;
    }

    /// <summary>A 64-bit length below 4 GiB, then the opening brace of the header.</summary>
    private static bool LooksLikeSafetensors(ReadOnlySpan<byte> head) =>
        head.Length >= 9 && head[8] == (byte)'{' && head[4..8].IndexOfAnyExcept((byte)0) < 0;

    private static bool LooksLikeHtml(ReadOnlySpan<byte> head)
    {
        string text = Encoding.Latin1.GetString(head).TrimStart();
        return text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase);
    }
}
