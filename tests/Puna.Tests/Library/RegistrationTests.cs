using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Puna.Tests.Models;

namespace Puna.Tests.Library;

public sealed class RegistrationTests(TinyChatFixture fixture) : IClassFixture<TinyChatFixture>
{
    [Fact]
    public async Task The_registration_of_the_README_gives_a_client_that_owns_its_model()
    {
        string path = fixture.Files.Llama4;
        ServiceCollection services = new();
        services.AddChatClient(_ => PunaModel.Load(path, TinyModelFolder.OneThread).AsChatClient(ownsModel: true));
        ServiceDescriptor descriptor = Assert.Single(services, s => s.ServiceType == typeof(IChatClient));
        IChatClient client = (IChatClient)descriptor.ImplementationFactory!(new NoServices());

        Assert.Equal(3, (await client.GetResponseAsync("hello", TinyChatFixture.Short(3))).Usage!.OutputTokenCount);
        client.Dispose();

        Assert.Equal(ServiceLifetime.Singleton, descriptor.Lifetime);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("hello"));
    }

    [Fact]
    public async Task Middleware_of_the_package_fits_around_a_client()
    {
        using IChatClient client = fixture.Client.AsBuilder()
            .ConfigureOptions(options => options.MaxOutputTokens = 4)
            .UseFunctionInvocation()
            .UseOpenTelemetry()
            .Build();

        ChatResponse response = await client.GetResponseAsync("hello", new ChatOptions { Seed = 1, Temperature = 1, TopP = 1 });

        Assert.Equal(4, response.Usage!.OutputTokenCount);
        Assert.Same(fixture.Model, client.GetService<PunaModel>());
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
