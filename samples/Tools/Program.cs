using Microsoft.Extensions.AI;
using Puna;

AIFunction weather = AIFunctionFactory.Create((string city) =>
{
    Console.WriteLine($"(asked for the weather in {city})");
    return $"It is raining in {city}.";
}, "get_weather", "Current weather of a place");

using PunaModel model = PunaModel.Load(args[0]);
using IChatClient client = model.AsChatClient().AsBuilder().UseFunctionInvocation(configure: f => f.MaximumIterationsPerRequest = 1).Build();
Console.WriteLine(await client.GetResponseAsync("What is the weather in Berlin?", new ChatOptions { Tools = [weather], Temperature = 0 }));
