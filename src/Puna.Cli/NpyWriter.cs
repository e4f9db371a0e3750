using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Puna.Formats;

namespace Puna.Cli;

/// <summary>
/// Writes a float32 matrix as NumPy's .npy (version 1.0, C order) row by row. The file takes its name only when complete;
/// until then, and after a failure, an older file of that name stays.
/// </summary>
internal sealed class NpyWriter : IDisposable
{
    private readonly AtomicFile _file;
    private readonly long _bytes;

    internal NpyWriter(string path, long rows, long columns)
    {
        _bytes = rows * columns * sizeof(float);
        _file = new AtomicFile(path);

        string shape = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        byte[] header = new byte[128];
        header.AsSpan().Fill((byte)' ');
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, 118, 0];
        magic.CopyTo(header);
        Encoding.ASCII.GetBytes(shape, header.AsSpan(magic.Length));
        header[^1] = (byte)'\n';
        _file.Stream.Write(header);
        _bytes += header.Length;
    }

    internal void Write(ReadOnlySpan<float> row) => _file.Stream.Write(MemoryMarshal.AsBytes(row));

    public void Dispose()
    {
        if (_file.Stream.Position == _bytes) _file.Commit();
        _file.Dispose();
    }
}
