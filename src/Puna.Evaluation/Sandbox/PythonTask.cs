namespace Puna.Evaluation.Sandbox;

/// <summary>A program and the tests it is held to.</summary>
/// <param name="Program">What the model wrote, whole.</param>
/// <param name="Tests">Tests as the data give them: HumanEval's <c>check</c>, or MBPP's assertions, one a line.</param>
/// <param name="EntryPoint">The function that <c>check</c> is called with; null where the tests are assertions.</param>
/// <param name="Prelude">Code that the tests need besides: HumanEval's prompt, whose helper functions some tests call, or MBPP's set-up.</param>
internal sealed record PythonTask(string Program, string Tests, string? EntryPoint, string Prelude = "");
