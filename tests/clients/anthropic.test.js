// The official Anthropic client for JavaScript against puna serve.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { idle, isPerson, listed, open, person, start, weather } from './server.js';

const messages = [{ role: 'user', content: 'Who are you?' }];
const question = { role: 'user', content: 'What is the weather in Berlin?' };
const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
let server, client, model;

before(async () => {
  server = await start();
  client = new Anthropic({ baseURL: server.url, apiKey: 'unused', maxRetries: 0 });
  const models = [];
  for await (const listed of client.models.list()) models.push(listed);
  assert.equal(models.length, 1);
  assert.equal(models[0].type, 'model');
  model = models[0].id;
});

after(() => server?.stop());

test('a conversation is answered, and its tokens are counted', async () => {
  const reply = await client.messages.create({ model, messages, max_tokens: 40, temperature: 0, system: 'You are a helper.' });
  assert.equal(reply.role, 'assistant');
  assert.equal(reply.content[0].type, 'text');
  assert.ok(['end_turn', 'max_tokens'].includes(reply.stop_reason));
  const { input_tokens: counted } = await client.messages.countTokens({ model, messages, system: 'You are a helper.' });
  assert.equal(counted, reply.usage.input_tokens + reply.usage.cache_read_input_tokens);
});

test('a stream is the whole answer in pieces, and begins with the tokens of the prompt', async () => {
  const whole = await client.messages.create({ model, messages, max_tokens: 40, temperature: 0 });
  const stream = client.messages.stream({ model, messages, max_tokens: 40, temperature: 0 });
  let text = '', pieces = 0, begun;
  stream.on('text', (delta) => { text += delta; pieces++; });
  stream.on('streamEvent', (event) => { if (event.type === 'message_start') begun = event.message.usage.input_tokens; });
  const final = await stream.finalMessage();
  assert.equal(text, whole.content[0].text);
  assert.ok(pieces > 1);
  assert.equal(final.stop_reason, whole.stop_reason);
  assert.equal(begun, final.usage.input_tokens + final.usage.cache_read_input_tokens);
});

test('a tool is called, its result goes back, streamed calls are the same', async () => {
  const asked = await client.messages.create({ model, messages: [question], tools, max_tokens: 80, temperature: 0 });
  assert.equal(asked.stop_reason, 'tool_use');
  const used = asked.content.find((block) => block.type === 'tool_use');
  assert.deepEqual([used.name, used.input], ['get_weather', { city: 'Berlin' }]);

  const answered = await client.messages.create({
    model, tools, max_tokens: 60, temperature: 0,
    messages: [question, { role: 'assistant', content: asked.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: used.id, content: 'It is raining.' }] }],
  });
  const prompt = ({ usage }) => usage.input_tokens + usage.cache_read_input_tokens;
  assert.ok(prompt(answered) > prompt(asked) + 10); // it reached the model, which is too small to make much of it

  const streamed = await client.messages.stream({ model, messages: [question], tools, max_tokens: 80, temperature: 0 }).finalMessage();
  assert.deepEqual(streamed.content.find((block) => block.type === 'tool_use').input, { city: 'Berlin' });
  const choosing = [{ name: weather.name, description: weather.description, input_schema: listed }];
  const forced = await client.messages.create({ model, messages, tools: choosing, tool_choice: { type: 'tool', name: weather.name }, max_tokens: 80, temperature: 1 });
  assert.ok(['Berlin', 'Paris'].includes(forced.content.find((block) => block.type === 'tool_use').input.city));
});

test('a schema holds', async () => {
  const reply = await client.messages.create({ model, messages, max_tokens: 300, temperature: 1, output_config: { format: { type: 'json_schema', schema: person } } });
  assert.equal(reply.stop_reason, 'end_turn');
  assert.ok(isPerson(reply.content[0].text), reply.content[0].text);
});

test('errors are of the kinds that the client knows, and name what is wrong', async () => {
  await assert.rejects(client.messages.create({ model: 'none', messages, max_tokens: 5 }), (error) => error instanceof Anthropic.NotFoundError && error.message.includes(model));
  await assert.rejects(client.messages.create({ model, messages, max_tokens: 0 }), (error) => error instanceof Anthropic.BadRequestError && error.error.error.type === 'invalid_request_error' && error.message.includes('max_tokens'));
  await assert.rejects(client.messages.create({ model, messages, max_tokens: 5, thinking: { type: 'enabled', budget_tokens: 2000 } }), (error) => error.message.includes("'thinking'"));
});

test('a client that leaves frees the model', async () => {
  const stream = client.messages.stream({ model, messages, max_tokens: 2000, ignore_eos: true });
  let pieces = 0;
  for await (const event of stream) {
    if (event.type !== 'content_block_delta') continue;
    if (++pieces === 3) {
      assert.ok((await open(server.url)) > 0);
      break; // which aborts the request
    }
  }
  assert.equal(pieces, 3);
  await idle(server.url);
});
