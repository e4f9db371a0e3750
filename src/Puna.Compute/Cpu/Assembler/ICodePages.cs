namespace Puna.Compute.Cpu.Assembler;

/// <summary>How a system hands out memory for code. Pages are writable first and executable after, never both.</summary>
internal interface ICodePages
{
    /// <summary>Bytes of a page.</summary>
    nuint PageSize { get; }

    /// <summary>New pages that can be written and not executed; 0 where the system refuses.</summary>
    nint Map(nuint bytes);

    /// <summary>Makes pages executable and no longer writable; false where the system refuses.</summary>
    bool Seal(nint address, nuint bytes);

    /// <summary>Gives pages back.</summary>
    void Unmap(nint address, nuint bytes);
}
