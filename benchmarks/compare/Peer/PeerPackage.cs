using System.Runtime.InteropServices;

namespace Puna.Compare.Peer;

/// <summary>llama.cpp as npm has it: built by the node-llama-cpp project, with a library for each kind of processor.</summary>
internal static class PeerPackage
{
    /// <summary>Name in the registry.</summary>
    public const string Name = "@node-llama-cpp/linux-x64";

    /// <summary>The version whose structures <see cref="LlamaApi"/> declares. Another one needs them compared with its llama.h.</summary>
    public const string Version = "3.22.1";

    /// <summary>A folder beside other programs' caches.</summary>
    public static string DefaultFolder => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "puna-compare");

    /// <summary>Installs the package unless it is there, and returns the folder of its libraries.</summary>
    /// <exception cref="ComparisonException">There is no package for this machine, or npm failed.</exception>
    public static string Install(string folder)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new ComparisonException($"the peer is {Name}: the comparison runs on Linux x64 only.");

        string library = Path.Combine(folder, Version, "node_modules", Name, "bins", "linux-x64");
        if (Directory.Exists(library)) return library;

        string prefix = Path.Combine(folder, Version);
        Directory.CreateDirectory(prefix);
        ChildProcess.Run("npm", "install", "--prefix", prefix, "--no-audit", "--no-fund", "--ignore-scripts", $"{Name}@{Version}");
        return Directory.Exists(library) ? library : throw new ComparisonException($"npm installed {Name} {Version}, but {library} is not there.");
    }
}
