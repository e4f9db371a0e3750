// A tool server (Model Context Protocol) that reads the text files of one folder: puna chat --mcp "FileTools FOLDER"
using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

string folder = Path.GetFullPath(args.Length > 0 ? args[0] : ".");
if (!Path.EndsInDirectorySeparator(folder)) folder += Path.DirectorySeparatorChar;

McpServerOptions options = new()
{
    ServerInfo = new Implementation { Name = "file-tools", Version = "1.0" },
    ToolCollection = [McpServerTool.Create(ReadFile, new McpServerToolCreateOptions { Name = "read_file", Description = "Contents of a file" })],
};
await using McpServer server = McpServer.Create(new StdioServerTransport("file-tools"), options);
await server.RunAsync();

string ReadFile([Description("Name of the file")] string path)
{
    string file = Path.GetFullPath(Path.Combine(folder, path));
    return !file.StartsWith(folder, StringComparison.Ordinal) ? "This is outside the folder."
        : !File.Exists(file) ? $"There is no file {path}."
        : File.ReadAllText(file);
}
