using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Puna.Cli;

/// <summary>
/// Writes a float32 matrix as NumPy's .npy (version 1.0, C order) row by row. The file takes its name only when complete;
/// until then, and after a failure, an older file of that name stays.
/// </summary>
internal sealed class NpyWriter : IDisposable
{
    private readonly string _path;
    private readonly string _partial;
    private readonly FileStream _stream;
    private readonly long _bytes;

    internal NpyWriter(string path, long rows, long columns)
    {
        _path = path;
        _partial = path + ".partial";
        _bytes = rows * columns * sizeof(float);
        _stream = new FileStream(_partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);

        string shape = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        byte[] header = new byte[128];
        header.AsSpan().Fill((byte)' ');
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, 118, 0];
        magic.CopyTo(header);
        Encoding.ASCII.GetBytes(shape, header.AsSpan(magic.Length));
        header[^1] = (byte)'\n';
        _stream.Write(header);
        _bytes += header.Length;
    }

    internal void Write(ReadOnlySpan<float> row) => _stream.Write(MemoryMarshal.AsBytes(row));

    public void Dispose()
    {
        bool complete = _stream.Position == _bytes;
        _stream.Dispose();
        if (complete) File.Move(_partial, _path, overwrite: true);
        else File.Delete(_partial);
    }
}
