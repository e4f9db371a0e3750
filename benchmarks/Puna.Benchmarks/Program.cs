using BenchmarkDotNet.Running;

// dotnet run -c Release --project benchmarks/Puna.Benchmarks -- --filter '*Tokenizer*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
