namespace Puna.Server.Serving;

/// <summary>A request's use of a loaded model, which stays loaded until it is disposed.</summary>
internal sealed class ModelUse(PunaModels models, ServedModel served, LoadedModel model) : IDisposable
{
    private PunaModels? _models = models;

    internal LoadedModel Model => model;

    public void Dispose() => Interlocked.Exchange(ref _models, null)?.Leave(served);
}
