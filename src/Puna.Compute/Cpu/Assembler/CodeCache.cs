namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Loads kernels when they are first asked for and keeps them for the life of the process. After one refusal no more are asked for.
/// Safe from several threads.
/// </summary>
internal sealed class CodeCache(ICodePages pages)
{
    private readonly Lock _loading = new();
    private readonly List<MachineCode> _loaded = [];
    private bool _refused;

    /// <summary>The system refused executable memory.</summary>
    internal bool IsRefused => Volatile.Read(ref _refused);

    /// <summary>Assembles a kernel and sets <paramref name="address"/>, or leaves 0 where the system refuses executable memory.</summary>
    /// <returns>The address.</returns>
    internal nint Load(ref nint address, AssemblyBase kernel)
    {
        lock (_loading)
        {
            if (address != 0 || _refused) return address; // another thread was faster

            MachineCode? code = MachineCode.TryLoad(pages, kernel.Assemble());
            Volatile.Write(ref _refused, code is null);
            if (code is null) return 0;

            _loaded.Add(code);
            Volatile.Write(ref address, code.Address + kernel.EntryOffset);
            return address;
        }
    }
}
