using Microsoft.Extensions.AI;
using Puna;

using PunaModel model = PunaModel.Load(args[0]);
using IChatClient client = model.AsChatClient();

await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Name three birds of Hawaii."))
    Console.Write(update.Text);
Console.WriteLine();
