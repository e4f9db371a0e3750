import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { answered, launch, openPage, send } from './browser.js';
import { startFake } from './fake-server.js';

let fake, browser, page, context, trouble;

before(async () => {
  fake = await startFake();
  browser = await launch();
});

beforeEach(async () => {
  Object.assign(fake, { answer: (body, reply) => reply.text('Hello.'), requests: [] });
  ({ page, context, trouble } = await openPage(browser, fake.url));
});

afterEach(async () => {
  assert.deepEqual(trouble, []);
  await context.close();
});

after(async () => {
  await browser.close();
  await fake.close();
});

const last = () => page.locator('.message.assistant').last();
const button = (name, within = page) => within.getByRole('button', { name, exact: true });
const shows = (locator, text) => locator.filter({ hasText: text }).first().waitFor({ timeout: 5000 });
const openTab = async (name) => {
  if (await page.locator('#panel').isHidden()) await page.locator('#panel-toggle').click();
  await page.getByRole('tab', { name }).click();
};

test('system prompt and sampling fields are sent as numbers; empty ones are not sent', async () => {
  await openTab('Prompt');
  await page.getByLabel('System prompt').fill('Be brief.');
  await page.getByLabel('Temperature').fill('0.7');
  await page.getByLabel('Top k').fill('40');
  await page.getByLabel('Min p').fill('.05');
  await page.getByLabel('Seed').fill('7');
  await page.getByLabel('Max tokens').fill('100');
  await page.getByLabel('Stop strings').fill('END\n\\n\\n');
  await send(page, 'x');
  await answered(page);
  const { messages, model, stream, stream_options, ...rest } = fake.requests[0];
  assert.deepEqual(rest, { temperature: 0.7, top_k: 40, min_p: 0.05, seed: 7, max_tokens: 100, stop: ['END', '\n\n'] });
  assert.deepEqual(messages[0], { role: 'system', content: 'Be brief.' });
  await shows(page.locator('.chips'), 'temperature 0.7, top k 40');
});

test('a number that cannot be sent is said at its field, and nothing is sent', async () => {
  await openTab('Prompt');
  await page.getByLabel('Temperature').fill('hot');
  await shows(page.locator('#sampling-temperature-error'), 'Temperature must be a number');
  await page.getByLabel('Seed').fill('1.5');
  await shows(page.locator('#sampling-seed-error'), 'Seed must be a whole number');
  await send(page, 'x');
  await shows(page.locator('#composer-note'), 'Not sent. Temperature must be a number');
  assert.equal(fake.requests.length, 0);
  assert.equal(await page.locator('.message').count(), 0);
  assert.equal(await page.locator('#prompt').inputValue(), 'x');
  await page.getByLabel('Temperature').fill('');
  await page.getByLabel('Temperature').press('ArrowUp');
  assert.equal(await page.getByLabel('Temperature').inputValue(), '0.1');
});

test('what the server says about a field stands at the message and at the field', async () => {
  fake.answer = (_, reply) => reply.error(400, 'temperature is 0.7; this model allows 0.', { param: 'temperature' });
  await openTab('Prompt');
  await page.getByLabel('Temperature').fill('0.7');
  await send(page, 'x');
  await shows(last(), 'temperature is 0.7; this model allows 0.');
  await shows(page.locator('#sampling-temperature-error'), 'this model allows 0.');
  await page.locator('#panel').getByRole('button', { name: 'Close settings' }).click();
  await button('Open the setting', last()).click();
  assert.ok(await page.locator('#page-prompt').isVisible());
});

test('a schema with a mistake names line and column, leads there, and is not sent', async () => {
  await openTab('Output');
  await page.getByLabel('JSON Schema', { exact: true }).check();
  const field = page.getByLabel('Schema', { exact: true });
  await field.fill('{\n  "type": "object",\n}');
  const state = page.locator('#page-output .json-state');
  await shows(state, 'Line 3, column 1: a comma before } is one too many');
  await button('Go to it').click();
  assert.deepEqual(await field.evaluate((f) => [f === document.activeElement, f.selectionStart]), [true, 22]);
  await send(page, 'x');
  await shows(page.locator('#composer-note'), 'Not sent. Line 3, column 1');
  assert.equal(fake.requests.length, 0);
  await field.fill('{"type":"object"}');
  await shows(state, 'Valid');
  await button('Format', page.locator('#page-output')).click();
  assert.equal(await field.inputValue(), '{\n  "type": "object"\n}');
});

test('a schema is sent as response_format, the answer is shown as JSON, a refusal at the schema', async () => {
  fake.answer = (_, reply) => reply.text('{"a": "<b>"}');
  await openTab('Output');
  await page.getByLabel('JSON Schema', { exact: true }).check();
  await page.getByLabel('Schema', { exact: true }).fill('{"type": "object"}');
  await send(page, 'x');
  await answered(page);
  assert.deepEqual(fake.requests[0].response_format, { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { type: 'object' } } });
  assert.equal(await last().locator('.code code').textContent(), '{"a": "<b>"}');
  fake.answer = (_, reply) => reply.error(400, 'The schema cannot be enforced: /not is not supported.', { param: 'response_format.json_schema.schema' });
  await send(page, 'y');
  await shows(last(), '/not is not supported.');
  await shows(page.locator('#page-output .field-error'), '/not is not supported.');
  await page.getByLabel('JSON', { exact: true }).check();
  fake.answer = (_, reply) => reply.text('{}');
  await send(page, 'z');
  await answered(page);
  assert.deepEqual(fake.requests.at(-1).response_format, { type: 'json_object' });
});

test('tools are checked, sent, their calls shown, and their results continue the conversation', async () => {
  await openTab('Tools');
  const field = page.locator('#page-tools textarea');
  const state = page.locator('#page-tools .json-state');
  for (const [text, message] of [
    ['{}', 'The tools must be a JSON array'],
    ['[{"type":"function","function":{"name":"a b"}}]', 'Tool 1: "name" must be'],
    ['[{"name":"x"}]', 'Tool 1 must be {"type": "function"'],
    ['[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"a"}}]', 'there is already a tool "a"'],
  ]) {
    await field.fill(text);
    await shows(state, message);
  }
  await button('Example', page.locator('#page-tools')).click();
  await shows(state, 'Valid');
  await page.getByLabel('Use of tools').selectOption('get_weather');

  fake.answer = (_, reply) => reply.calls([{ name: 'get_weather', args: { place: 'Hilo' } }, { name: 'get_weather', args: { place: '<b>Kona' } }]);
  await send(page, 'Weather?');
  await answered(page);
  assert.deepEqual(fake.requests[0].tool_choice, { type: 'function', function: { name: 'get_weather' } });
  assert.equal(fake.requests[0].tools[0].function.name, 'get_weather');
  assert.deepEqual(await last().locator('.call code code, .call pre code').allTextContents(), ['{\n  "place": "Hilo"\n}', '{\n  "place": "<b>Kona"\n}']);
  assert.ok(await button('Send the results').isDisabled());
  await page.locator('.call textarea').nth(0).fill('24');
  await page.locator('.call textarea').nth(1).fill('27');
  fake.answer = (_, reply) => reply.text('Warm.');
  await button('Send the results').click();
  await shows(last(), 'Warm.');
  await answered(page);
  assert.deepEqual(fake.requests[1].messages.slice(1), [
    { role: 'assistant', content: null, tool_calls: [
      { id: 'call_0', type: 'function', function: { name: 'get_weather', arguments: '{"place":"Hilo"}' } },
      { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"place":"<b>Kona"}' } },
    ] },
    { role: 'tool', tool_call_id: 'call_0', content: '24' },
    { role: 'tool', tool_call_id: 'call_1', content: '27' },
  ]);

  await button('Change the result').click();
  await page.locator('.call textarea').nth(0).fill('12');
  fake.answer = (_, reply) => reply.text('Cold.');
  await page.locator('.call textarea').nth(0).press('Control+Enter');
  await shows(last(), 'Cold.');
  assert.equal(fake.requests[2].messages.at(-2).content, '12');
  await shows(page.locator('.call-send .branches'), '2 / 2');
  await page.locator('[data-action="previous-results"]').click();
  await shows(last(), 'Warm.');
});

test('token probabilities show on hover over the formatted answer and in the token view, also by keyboard', async () => {
  await openTab('Prompt');
  await page.getByLabel('Token probabilities', { exact: true }).check();
  await page.getByLabel('How many alternatives').selectOption('3');
  await page.keyboard.press('Control+.');
  fake.answer = (_, reply) => reply.text('The **nēnē** is a `goose` from `code`.');
  await send(page, 'x');
  await answered(page);
  assert.equal(fake.requests[0].logprobs, true);
  assert.equal(fake.requests[0].top_logprobs, 3);

  const card = page.locator('.token-card');
  const word = await last().locator('code').first().boundingBox();
  await page.mouse.move(word.x + word.width / 2, word.y + word.height / 2);
  await shows(card, '·`goose`');
  assert.equal(await card.locator('tr').count(), 3);
  await page.mouse.move(2, 2);
  await card.waitFor({ state: 'hidden' });

  await button('Token probabilities (T)', last()).click();
  const tokens = last().locator('.tokens');
  assert.equal(await tokens.textContent(), 'The **nēnē** is a `goose` from `code`.');
  await tokens.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await shows(card, '·**nēnē**');
  await shows(card, '72.0 %');
  await page.keyboard.press('Escape');
  await card.waitFor({ state: 'hidden' });
  await page.waitForTimeout(600);
  await page.reload();
  await shows(last(), 'The nēnē is a goose');
  await button('Token probabilities (T)', last()).click();
  assert.equal(await last().locator('.token').count(), 7);
});

test('a character whose bytes are spread over tokens appears once', async () => {
  const texts = await page.evaluate(async () => {
    const { tokenTexts } = await import('/ui/chat/tokens.js');
    return tokenTexts([{ t: 'a' }, { t: '\ufffd', b: [0xf0, 0x9f] }, { t: '\ufffd', b: [0xa6, 0x9c] }, { t: 'b' }]);
  });
  assert.deepEqual(texts, ['a', '', '🦜', 'b'].map((text) => (text === '🦜' ? '\u{1f99c}' : text)));
});

test('settings belong to a conversation, and can be kept for new ones', async () => {
  await openTab('Prompt');
  await page.getByLabel('Temperature').fill('0.3');
  await send(page, 'x');
  await answered(page);
  await page.keyboard.press('Alt+n');
  assert.equal(await page.getByLabel('Temperature').inputValue(), '');
  await page.locator('.conversation-open').click();
  assert.equal(await page.getByLabel('Temperature').inputValue(), '0.3');
  await button('Use for new conversations').click();
  await page.keyboard.press('Alt+n');
  assert.equal(await page.getByLabel('Temperature').inputValue(), '0.3');
});

test('conversations are listed, searched, renamed, deleted and brought back', async () => {
  for (const [text, answer] of [['About birds', 'A nēnē.'], ['About lava', 'Pāhoehoe.']]) {
    fake.answer = (_, reply) => reply.text(answer);
    await page.keyboard.press('Alt+n');
    await send(page, text);
    await answered(page);
  }
  const titles = () => page.locator('.conversation-title').allTextContents();
  assert.deepEqual(await titles(), ['About lava', 'About birds']);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('nēnē');
  await page.waitForFunction(() => document.querySelectorAll('.conversation-title').length === 1);
  assert.deepEqual(await titles(), ['About birds']);
  await page.keyboard.press('Enter');
  await page.keyboard.press('F2');
  await page.keyboard.type('Geese');
  await page.keyboard.press('Enter');
  await page.locator('#search').fill('');
  await shows(page.locator('.conversation-title'), 'Geese');
  await page.locator('.conversation-open', { hasText: 'Geese' }).click();
  assert.equal(await page.locator('#title').textContent(), 'Geese');
  await page.locator('.conversation-open', { hasText: 'Geese' }).press('Delete');
  await shows(page.locator('.toast'), 'Conversation deleted');
  assert.deepEqual(await titles(), ['About lava']);
  await button('Undo').click();
  await shows(page.locator('.conversation-title'), 'Geese');
  await shows(last(), 'A nēnē.');
  await page.waitForTimeout(600);
  await page.reload();
  await shows(page.locator('.conversation-title'), 'Geese');
});

test('a conversation goes out as JSON and Markdown, and JSON comes back in another browser', async () => {
  fake.answer = (_, reply) => reply.text('One\n\n```js\nx\n```');
  await send(page, 'Export me');
  await answered(page);
  await button('Regenerate (R)', last()).click();
  await answered(page);
  await page.locator('#import').click();
  const save = async (name) => {
    const [file] = await Promise.all([page.waitForEvent('download'), button(name).click()]);
    return { name: file.suggestedFilename(), path: await file.path() };
  };
  const markdown = await save('Markdown');
  assert.equal(markdown.name, 'Export-me.md');
  assert.equal(await readFile(markdown.path, 'utf8'), '# Export me\n\n## You\n\nExport me\n\n## llama-4-scout\n\nOne\n\n```js\nx\n```\n');
  const json = await save('JSON');
  const all = await save('Export all');
  assert.equal(JSON.parse(await readFile(all.path, 'utf8')).conversations.length, 1);

  const other = await openPage(browser, fake.url);
  await other.page.locator('#import').click();
  await other.page.locator('#import-file').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: await readFile(json.path) });
  await shows(other.page.locator('dialog'), '1 conversation imported.');
  for (const [text, message] of [
    ['# Markdown', 'This file is not JSON.'],
    ['{"format":"x"}', 'This file is not an export of Puna'],
    ['{"format":"puna-conversations","version":1,"conversations":[{"id":"a","nodes":[{"id":"n","parent":"gone","role":"user","content":""}]}]}', 'Conversation 1: message 1 answers a message that does not come before it.'],
    ['{"format":"puna-conversations","version":1,"conversations":[{"id":"\\"]<b>","nodes":[]}]}', '"id" or "nodes" is missing'],
  ]) {
    await other.page.locator('#import-file').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await shows(other.page.locator('dialog'), message);
  }
  await other.page.keyboard.press('Escape');
  await other.page.locator('.conversation-open').click();
  await shows(other.page.locator('.message.assistant .branches'), '2 / 2');
  assert.deepEqual(other.trouble, []);
  await other.context.close();
});
