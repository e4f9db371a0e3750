using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puna.Cli;

/// <summary>Writes one JSON object as a line of standard output.</summary>
internal static class JsonLine
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Write(Action<Utf8JsonWriter> properties)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, Options))
        {
            writer.WriteStartObject();
            properties(writer);
            writer.WriteEndObject();
        }

        using Stream output = Console.OpenStandardOutput();
        output.Write(buffer.WrittenSpan);
        output.WriteByte((byte)'\n');
    }

    internal static void WriteNumbers(this Utf8JsonWriter writer, string name, IEnumerable<int> numbers)
    {
        writer.WriteStartArray(name);
        foreach (int number in numbers) writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    internal static void WriteNumbers(this Utf8JsonWriter writer, string name, IEnumerable<double> numbers)
    {
        writer.WriteStartArray(name);
        foreach (double number in numbers) writer.WriteNumberValue(Math.Round(number, 3));
        writer.WriteEndArray();
    }
}
