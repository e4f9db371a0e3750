// Answers for looking at the page: chosen by a word in the last message.

import { wait } from './fake-server.js';

export const tour = `# Birds of Hawaiʻi

The islands had **no land mammals** but a bat, so birds took *every* role. See [the list](https://example.org/birds) or https://example.org/nene.

## Three to know

1. **Nēnē** (*Branta sandvicensis*), the state bird
   - lives on lava slopes
   - was down to about 30 birds
2. **ʻIʻiwi**, a honeycreeper with a curved bill
3. **Puaiohi**, a thrush of Kauaʻi

| Bird | Wingspan | Status |
|:-----|---------:|:------:|
| Nēnē | 152 cm | near threatened |
| ʻIʻiwi | 18 cm | vulnerable |
| Puaiohi | 28 cm | critically endangered |

> The call of the nēnē gave it its name.

A check in C#:

\`\`\`csharp
// Which of them can be seen from the road?
public static IEnumerable<Bird> Visible(IEnumerable<Bird> birds, int altitude = 1_200)
{
    foreach (Bird bird in birds)
        if (bird.Range.Contains(altitude) && bird.Name != "Puaiohi")
            yield return bird; /* in order */
}
\`\`\`

- [x] read about them
- [ ] go and look

The flag is \`--species nene\`. ~~Seven~~ Eight islands.`;

export async function demo(body, reply) {
  const last = body.messages.at(-1);
  const asked = typeof last.content === 'string' ? last.content : '';
  if (last.role === 'tool') return reply.text(`It is ${last.content} there now. Bring a light jacket for the evening.`, { delay: 30 });
  if (body.tools?.length) return reply.calls([{ name: body.tools[0].function.name, args: { place: 'Hilo', unit: 'celsius' } }], { delay: 20 });
  if (body.response_format) return reply.text('{"name": "Nēnē", "island": "Hawaiʻi", "wingspan_cm": 152}', { delay: 30 });
  if (/limit/.test(asked)) return reply.error(429, 'Key "web": 20 requests a minute are allowed. Try again in 12 s.', { code: 'rate_limit_exceeded', type: 'rate_limit_error' }, { 'Retry-After': '12' });
  if (/drop/.test(asked)) {
    await reply.pieces('The nēnē nests between October and March, in'.match(/\s*\S+/g), { delay: 20 });
    return reply.drop();
  }
  if (/long/.test(asked)) return reply.text(Array.from({ length: 60 }, () => tour).join('\n\n'), { delay: 4, every: 4, prompt: 812 });
  if (/bird/i.test(asked) && !body.logprobs) return reply.text(tour, { delay: 6, prompt: 1284, cached: 1024 });
  await wait(200);
  return reply.text('The **nēnē**, a goose, lives on the lava slopes of Hawaiʻi and Maui. It is the state bird and walks more than it swims, so its feet have *less webbing* than those of other geese.', { delay: 15, prompt: 34 });
}
