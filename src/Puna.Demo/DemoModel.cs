namespace Puna.Demo;

/// <summary>The model that comes with Puna: a demonstration, trained by the project itself. It is not Scout.</summary>
public static class DemoModel
{
    /// <summary>Full path of its GGUF file, which lies beside the program.</summary>
    /// <exception cref="FileNotFoundException">The file was not deployed with the program.</exception>
    public static string Path
    {
        get
        {
            string path = System.IO.Path.Combine(AppContext.BaseDirectory, "puna-demo.gguf");
            return File.Exists(path) ? path : throw new FileNotFoundException($"The built-in model is missing: {path}. Deploy it with the program, or name a model of your own.", path);
        }
    }
}
