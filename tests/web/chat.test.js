import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { answered, launch, openPage, send } from './browser.js';
import { startFake, wait } from './fake-server.js';

let fake, browser, page, context, trouble;

before(async () => {
  fake = await startFake();
  browser = await launch();
});

beforeEach(async () => {
  Object.assign(fake, { answer: (body, reply) => reply.text('Hello.'), requests: [], aborted: 0, key: null });
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
const body = () => last().locator('.body');
const button = (name, within = page) => within.getByRole('button', { name });
const messages = (n = -1) => fake.requests.at(n).messages.map(({ role, content }) => [role, content]);
/** Waits until a message has the text. */
const shows = (locator, text) => locator.filter({ hasText: text }).first().waitFor({ timeout: 5000 });

test('an answer streams in, and its counts and speed are shown', async () => {
  let goOn;
  fake.answer = async (_, reply) => {
    await reply.pieces(['The ', '**nēnē** ', 'is ']);
    await new Promise((resolve) => (goOn = resolve));
    await reply.pieces(['a ', 'goose.'], { delay: 20 });
    reply.finish({ prompt: 1234, cached: 1000 });
  };
  await send(page, 'What is a nēnē?');
  await shows(body(), 'The nēnē is');
  assert.equal(await body().locator('strong').textContent(), 'nēnē');
  assert.equal(await last().getAttribute('aria-busy'), 'true');
  goOn();
  await answered(page);
  assert.equal((await body().textContent()).trim(), 'The nēnē is a goose.');
  const statistics = (await last().locator('.statistics').textContent()).replaceAll('\u00a0', ' ');
  assert.match(statistics, /^1,234 prompt tokens \(1,000 cached\) · 5 written · [\d.]+ tokens\/s · first in \d\.\d\d s$/);
  assert.match(await page.locator('#composer-note').textContent(), /1,239 tokens in context/);
  const [request] = fake.requests;
  assert.deepEqual(request, { model: 'llama-4-scout', messages: [{ role: 'user', content: 'What is a nēnē?' }], stream: true, stream_options: { include_usage: true } });
});

test('the speed is the server’s own where it tells it', async () => {
  fake.answer = async (_, reply) => {
    await reply.pieces(['a ', 'b ', 'c']);
    reply.send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], timings: { prompt_ms: 1, decode_ms: 1, decode_per_second: 41.7 } });
    reply.finish();
  };
  await send(page, 'x');
  await answered(page);
  assert.match(await last().locator('.statistics').textContent(), /42.tokens\/s/);
});

test('events cut anywhere, with CRLF and comments, are read whole', async () => {
  fake.answer = async (_, reply) => {
    reply.response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const event = (delta, finish = null) => `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}`;
    const bytes = Buffer.from(`: hello\r\n\r\n${event({ content: 'ʻōlelo ' })}\r\n\r\n${event({ content: '🦜' })}\n\nevent: x\n${event({}, 'stop')}\n\ndata: [DONE]\n\n`);
    for (let i = 0; i < bytes.length; i += 7) {
      reply.response.write(bytes.subarray(i, i + 7));
      await wait(1);
    }
    reply.response.end();
  };
  await send(page, 'x');
  await answered(page);
  assert.equal((await body().textContent()).trim(), 'ʻōlelo 🦜');
});

test('stop keeps what arrived, closes the connection, and the answer can be continued', async () => {
  fake.answer = (_, reply) => reply.text('one two three four five six seven eight', { delay: 60 });
  await send(page, 'Count');
  await shows(body(), 'two');
  await button('Stop').click();
  await shows(last(), 'Stopped. What had arrived is kept.');
  const kept = (await body().textContent()).trim();
  assert.ok('one two three four five six seven eight'.startsWith(kept) && kept.length < 25, kept);
  while (!fake.aborted) await wait(10);
  fake.answer = (_, reply) => reply.text(' and the rest');
  await button('Continue').click();
  await answered(page);
  assert.equal((await body().textContent()).trim(), `${kept} and the rest`);
  assert.deepEqual(messages(), [['user', 'Count'], ['assistant', kept]]);
  assert.equal(fake.requests.at(-1).continue_final_message, true);
});

test('a server that cannot continue a message is asked in words', async () => {
  fake.answer = async (_, reply) => {
    await reply.pieces(['one ', 'two']);
    reply.finish({ reason: 'length' });
  };
  await send(page, 'Count');
  await shows(last(), 'reached the token limit');
  fake.answer = (request, reply) => {
    if ('continue_final_message' in request) return reply.error(400, "'continue_final_message' is not a field that this endpoint knows.", { param: 'continue_final_message' });
    return reply.text(' three');
  };
  await button('Continue').click();
  await shows(body(), 'one two three');
  await answered(page);
  assert.equal(messages().length, 3);
  assert.match(messages()[2][1], /exactly where it stopped/);
  assert.equal(await last().locator('.notice').count(), 0);
});

test('a dropped connection keeps the half answer; it survives a reload and can be regenerated', async () => {
  fake.answer = async (_, reply) => {
    await reply.pieces(['half ', 'an ', 'answer'], { delay: 10 });
    await wait(30);
    reply.drop();
  };
  await send(page, 'Go');
  await shows(last(), 'The connection broke off. What had arrived is kept.');
  assert.equal((await body().textContent()).trim(), 'half an answer');
  await page.waitForTimeout(600);
  await page.reload();
  await shows(body(), 'half an answer');
  await shows(last(), 'The connection broke off');
  fake.answer = (_, reply) => reply.text('A whole answer.');
  await button('Try again').click();
  await answered(page);
  assert.equal((await body().textContent()).trim(), 'A whole answer.');
  await shows(last().locator('.branches'), '2 / 2');
});

test('a stream that ends without having finished counts as broken off', async () => {
  fake.answer = async (_, reply) => {
    await reply.pieces(['half']);
    reply.response.end();
  };
  await send(page, 'Go');
  await shows(last(), 'The connection broke off. What had arrived is kept.');
});

test('a page that goes away in the middle of an answer finds the half again', async () => {
  fake.answer = (_, reply) => reply.text('one two three four five six seven eight nine ten '.repeat(20), { delay: 25 });
  await send(page, 'Go');
  await shows(body(), 'ten one two');
  await page.waitForTimeout(1800);
  await page.reload();
  await shows(body(), 'ten one two');
  await shows(last(), 'Stopped. What had arrived is kept.');
});

test('errors are shown in the server’s words where they occurred', async () => {
  fake.answer = (_, reply) => reply.error(429, 'Key "web": 20 requests a minute are allowed.', { code: 'rate_limit_exceeded' }, { 'Retry-After': '12' });
  await send(page, 'x');
  await shows(last(), 'Key "web": 20 requests a minute are allowed.');
  await shows(last(), 'Too many requests');
  await shows(last(), 'try again after 12 s');

  fake.answer = (_, reply) => reply.error(500, 'The engine ran out of cache pages.');
  await button('Try again').click();
  await shows(last(), 'The engine ran out of cache pages.');
  await shows(last(), 'error (500)');

  fake.answer = (_, reply) => {
    reply.response.writeHead(502, { 'Content-Type': 'text/html' });
    reply.response.end('<html><head><style>p{}</style></head><body><h1>502 Bad Gateway</h1><script>alert(1)</script></body></html>');
  };
  await button('Try again').click();
  await shows(last(), '502 Bad Gateway');

  fake.answer = async (_, reply) => {
    await reply.pieces(['some ', 'text']);
    reply.response.end(`data: ${JSON.stringify({ error: { message: 'The model was unloaded.', type: 'server_error' } })}\n\n`);
  };
  await button('Try again').click();
  await shows(last(), 'The model was unloaded.');
  assert.equal((await body().textContent()).trim(), 'some text');
});

test('a server that is not there is told apart from one that refuses', async () => {
  await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready');
  await page.route('**/v1/chat/completions', (route) => route.abort('connectionrefused'));
  await send(page, 'x');
  await shows(last(), 'No connection');
  await shows(last(), 'cannot be reached. Is the server running?');
  await page.unroute('**/v1/chat/completions');
  await button('Try again').click();
  await shows(body(), 'Hello.');
});

test('a 401 asks for the key right there; the key is sent from then on and forgotten with the tab', async () => {
  fake.key = 'sk-secret';
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'key');
  await send(page, 'Hi');
  await shows(last(), 'This server needs an API key');
  await page.getByLabel('API key', { exact: true }).fill('sk-secret');
  await button('Use key').click();
  await shows(body(), 'Hello.');
  await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready');
  assert.deepEqual(await page.evaluate(() => [localStorage.getItem('puna.key'), sessionStorage.getItem('puna.key')]), [null, 'sk-secret']);
  assert.equal(await page.evaluate(async () => JSON.stringify(await (await import('/ui/model/store.js')).allConversations()).includes('sk-secret')), false);

  await page.locator('#server').click();
  await page.getByLabel('Remember in this browser').check();
  await button('Save').click();
  assert.equal(await page.evaluate(() => localStorage.getItem('puna.key')), 'sk-secret');
});

test('a server that is loading is waited for', async () => {
  fake.health = 503;
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'loading');
  fake.health = 200;
  await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready', null, { timeout: 5000 });
  assert.deepEqual(await page.locator('#model option').allTextContents(), ['llama-4-scout', 'llama-3.2-1b']);
});

test('regenerate and edit make branches that can be walked through', async () => {
  let n = 0;
  fake.answer = (request, reply) => reply.text(`${request.messages.at(-1).content} → ${++n}`);
  await send(page, 'first');
  await answered(page);
  await send(page, 'second');
  await answered(page);
  await button('Regenerate (R)', last()).click();
  await shows(body(), 'second → 3');
  await shows(last().locator('.branches'), '2 / 2');
  assert.deepEqual(messages().map(([, text]) => text), ['first', 'first → 1', 'second']);

  const firstUser = page.locator('.message.user').first();
  await firstUser.hover();
  await button('Edit (E)', firstUser).click();
  await page.getByLabel('Edit your message').fill('changed');
  await page.keyboard.press('Enter');
  await shows(body(), 'changed → 4');
  assert.equal(await page.locator('.message').count(), 2);
  assert.deepEqual(messages(), [['user', 'changed']]);

  await page.locator('.message.user').first().locator('[data-action="previous-message"]').click();
  await shows(body(), 'second → 3');
  assert.equal(await page.locator('.message').count(), 4);
  await last().locator('[data-action="previous-message"]').click();
  await shows(body(), 'second → 2');
  await page.waitForTimeout(600);
  await page.reload();
  await shows(body(), 'second → 2');
  await shows(page.locator('.message.user .branches').first(), '1 / 2');
});

test('an edited answer is a branch that the model reads', async () => {
  await send(page, 'x');
  await answered(page);
  await button('Edit (E)', last()).click();
  await page.getByLabel('Edit the answer').fill('My *own* answer');
  await button('Keep as a new branch').click();
  await shows(body(), 'My own answer');
  assert.equal(fake.requests.length, 1);
  await send(page, 'y');
  await answered(page);
  assert.deepEqual(messages(), [['user', 'x'], ['assistant', 'My *own* answer'], ['user', 'y']]);
});

test('Escape leaves an edit as it was', async () => {
  await send(page, 'x');
  await answered(page);
  await page.locator('#prompt').press('ArrowUp');
  await page.getByLabel('Edit your message').fill('changed');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.message.user .bubble').textContent(), 'x');
  assert.equal(fake.requests.length, 1);
});

test('an answer goes on while another conversation is open', async () => {
  let goOn;
  fake.answer = async (_, reply) => {
    await reply.pieces(['begun ']);
    await new Promise((resolve) => (goOn = resolve));
    await reply.text('and ended');
  };
  await send(page, 'slow one');
  await shows(body(), 'begun');
  await page.keyboard.press('Alt+n');
  await page.locator('.welcome').waitFor();
  assert.equal(await page.locator('.conversation-open .busy').count(), 1);
  assert.equal(await button('Send').count(), 1);
  goOn();
  await page.locator('.conversation-open .busy').waitFor({ state: 'detached' });
  await page.locator('.conversation-open').click();
  await shows(body(), 'begun and ended');
});

test('a model is chosen, remembered, and named on answers of another', async () => {
  await page.waitForFunction(() => !document.querySelector('#model').disabled);
  await send(page, 'x');
  await answered(page);
  await page.locator('#model').selectOption('llama-3.2-1b');
  await send(page, 'y');
  await answered(page);
  assert.deepEqual(fake.requests.map((request) => request.model), ['llama-4-scout', 'llama-3.2-1b']);
  await page.keyboard.press('Alt+n');
  assert.equal(await page.locator('#model').inputValue(), 'llama-3.2-1b');
});

test('model text cannot run scripts in the live page', async () => {
  fake.answer = (_, reply) => reply.text('<img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3)) ```html\n<script>alert(4)</script>', { delay: 2 });
  await send(page, '<img src=x onerror=alert(5)>');
  await answered(page);
  assert.equal(await page.locator('.thread img, .thread script').count(), 0);
  assert.equal(await page.title(), '<img src=x onerror=alert(5)> · Puna');
  // The page forbids markup strings altogether.
  const refused = await page.evaluate(() => {
    try {
      document.createElement('div').innerHTML = '<b></b>';
      return false;
    } catch (error) {
      return error.name === 'TypeError';
    }
  });
  assert.ok(refused);
  trouble.splice(0, trouble.length, ...trouble.filter((line) => !/TrustedHTML/.test(line)));
});

test('what the safety policy judged is shown, and why it held an answer back', async () => {
  const rule = { rule: '/roles/assistant/0', scanner: 'secrets', action: 'block', milliseconds: 1.25, findings: [{ category: 'aws-key', score: 1, start: 3, end: 23 }] };
  const passed = { subject: 'message', role: 'user', action: 'allow', enforced: 'allow', reasons: [], dry_run: false, policy: '0', milliseconds: 1, rules: [{ ...rule, action: 'allow', findings: [] }] };
  const held = { ...passed, subject: 'answer', role: 'assistant', action: 'block', enforced: 'block', reasons: ['aws-key'], rules: [rule] };
  fake.answer = async (_, reply) => {
    await reply.pieces(['The key ']);
    reply.send({ choices: [{ index: 0, delta: {}, finish_reason: 'content_filter', safety: { refused: true, categories: ['aws-key'], decisions: [passed, held] } }] });
    reply.response.end('data: [DONE]\n\n');
  };
  await send(page, 'Tell me the key.');
  await shows(last().locator('.notice'), 'The server’s safety policy held this back: aws-key.');
  const panel = last().locator('.safety');
  assert.equal(await panel.locator('summary').textContent(), 'Safety: held back (aws-key)');
  await panel.locator('summary').click();
  await shows(panel, 'Your message passed');
  await shows(panel, 'secrets held back, 1.3 ms: aws-key 1.00 at 3–23');
});
