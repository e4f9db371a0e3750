// The official OpenAI client for JavaScript against puna serve.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { idle, isPerson, listed, open, person, start, weather } from './server.js';

const messages = [{ role: 'user', content: 'Who are you?' }];
const tools = [{ type: 'function', function: { name: weather.name, description: weather.description, parameters: weather.schema } }];
const question = { role: 'user', content: 'What is the weather in Berlin?' };
let server, client, model;

before(async () => {
  server = await start();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'unused', maxRetries: 0 });
  const models = [];
  for await (const listed of client.models.list()) models.push(listed.id);
  assert.equal(models.length, 1);
  [model] = models;
});

after(() => server?.stop());

test('a conversation is answered, and goes on', async () => {
  const first = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 40 });
  assert.equal(first.model, model);
  assert.ok(first.choices[0].message.content.length > 0);
  assert.equal(first.usage.total_tokens, first.usage.prompt_tokens + first.usage.completion_tokens);
  const second = await client.chat.completions.create({ model, messages: [...messages, first.choices[0].message, { role: 'user', content: 'Hello' }], temperature: 0, max_tokens: 10 });
  assert.ok(second.usage.prompt_tokens > first.usage.prompt_tokens);
});

test('a stream is the whole answer in pieces, and tells its tokens', async () => {
  const whole = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 40 });
  const stream = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 40, stream: true, stream_options: { include_usage: true } });
  let text = '', pieces = 0, reason, usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    pieces += chunk.choices[0]?.delta?.content ? 1 : 0;
    reason = chunk.choices[0]?.finish_reason ?? reason;
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.ok(pieces > 1);
  assert.equal(reason, whole.choices[0].finish_reason);
  assert.equal(usage.completion_tokens, whole.usage.completion_tokens);
});

test('a tool is called, its result goes back, streamed calls are the same', async () => {
  const asked = await client.chat.completions.create({ model, messages: [question], tools, temperature: 0, max_tokens: 80 });
  assert.equal(asked.choices[0].finish_reason, 'tool_calls');
  const [call] = asked.choices[0].message.tool_calls;
  assert.equal(call.function.name, 'get_weather');
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Berlin' });

  const answered = await client.chat.completions.create({
    model, tools, temperature: 0, max_tokens: 60,
    messages: [question, asked.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'It is raining.' }],
  });
  assert.ok(answered.usage.prompt_tokens > asked.usage.prompt_tokens + 10); // it reached the model, which is too small to make much of it

  const streamed = await client.chat.completions.stream({ model, messages: [question], tools, temperature: 0, max_tokens: 80 }).finalChatCompletion();
  assert.deepEqual(JSON.parse(streamed.choices[0].message.tool_calls[0].function.arguments), { city: 'Berlin' });
  const choosing = [{ type: 'function', function: { name: weather.name, description: weather.description, parameters: listed } }];
  for (const tool_choice of ['required', { type: 'function', function: { name: weather.name } }]) {
    const forced = await client.chat.completions.create({ model, messages, tools: choosing, tool_choice, temperature: 1, max_tokens: 80 });
    assert.ok(['Berlin', 'Paris'].includes(JSON.parse(forced.choices[0].message.tool_calls[0].function.arguments).city));
  }
});

test('a schema holds whatever is drawn', async () => {
  const reply = await client.chat.completions.create({
    model, messages, temperature: 1.5, n: 4, max_tokens: 300,
    response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: person } },
  });
  for (const choice of reply.choices.filter((c) => c.finish_reason === 'stop')) assert.ok(isPerson(choice.message.content), choice.message.content);
  assert.ok(reply.choices.some((c) => c.finish_reason === 'stop'));
});

test('log-probabilities are those of the text, in code points', async () => {
  const chat = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 10, logprobs: true, top_logprobs: 3 });
  const tokens = chat.choices[0].logprobs.content;
  assert.equal(Buffer.from(tokens.flatMap((t) => t.bytes)).toString('utf8'), chat.choices[0].message.content);
  for (const token of tokens) {
    assert.ok(token.logprob <= 0);
    assert.equal(token.top_logprobs.length, 3);
    assert.equal(token.top_logprobs[0].logprob, token.logprob); // greedy
  }

  const { choices: [completion] } = await client.completions.create({ model, prompt: 'Once', temperature: 0, max_tokens: 8, logprobs: 1 });
  assert.equal(completion.logprobs.text_offset[0], 0);
  completion.logprobs.tokens.forEach((token, i) => assert.ok([...completion.text].slice(completion.logprobs.text_offset[i]).join('').startsWith(token)));
});

test('responses go on from each other, whole and streamed', async () => {
  const first = await client.responses.create({ model, input: 'Who are you?', temperature: 0, max_output_tokens: 30 });
  assert.ok(first.output_text.length > 0);
  const stream = await client.responses.create({ model, input: 'Hello', previous_response_id: first.id, temperature: 0, max_output_tokens: 20, stream: true });
  let text = '', last;
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') text += event.delta;
    last = event;
  }
  assert.ok(['response.completed', 'response.incomplete'].includes(last.type), last.type);
  assert.equal(last.response.output[0].content[0].text, text);
  assert.ok(last.response.usage.input_tokens > first.usage.input_tokens);
});

test('embeddings have length 1, as numbers and packed', async () => {
  const { data } = await client.embeddings.create({ model, input: ['one', 'two'] });
  assert.equal(data.length, 2);
  assert.ok(Math.abs(Math.hypot(...data[0].embedding) - 1) < 1e-3);
  const numbers = await client.embeddings.create({ model, input: 'one', encoding_format: 'float' });
  assert.ok(numbers.data[0].embedding.every((value, i) => Math.abs(value - data[0].embedding[i]) < 1e-6));
});

test('errors are of the kinds that the client knows, and name what is wrong', async () => {
  await assert.rejects(client.chat.completions.create({ model: 'none', messages }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, 'model_not_found');
    return error.message.includes(model);
  });
  await assert.rejects(client.chat.completions.create({ model, messages, temperature: -1 }), (error) => error instanceof OpenAI.BadRequestError && error.param === 'temperature');
  await assert.rejects(client.chat.completions.create({ model, messages, colour: 'red' }), (error) => error.code === 'unknown_parameter' && error.param === 'colour');
  await assert.rejects(
    client.chat.completions.create({ model, messages, response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'string', format: 'no-such-format-5' , pattern: '(?<=a)b' } } } }),
    (error) => error instanceof OpenAI.BadRequestError && error.code === 'unsupported_schema');
});

test('a client that leaves frees the model', async () => {
  const stream = await client.chat.completions.create({ model, messages, max_tokens: 2000, stream: true, ignore_eos: true });
  let pieces = 0;
  for await (const chunk of stream) {
    pieces += chunk.choices[0]?.delta?.content ? 1 : 0;
    if (pieces === 3) {
      assert.ok((await open(server.url)) > 0);
      break; // which aborts the request
    }
  }
  assert.equal(pieces, 3);
  await idle(server.url);

  const leaving = new AbortController();
  const whole = client.chat.completions.create({ model, messages, max_tokens: 2000, ignore_eos: true }, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 300);
  await assert.rejects(whole, OpenAI.APIUserAbortError);
  await idle(server.url);
  assert.ok((await client.chat.completions.create({ model, messages, max_tokens: 2 })).choices.length === 1);
});
