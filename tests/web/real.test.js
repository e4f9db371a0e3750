// Against the real server: PUNA=path/to/puna MODEL=path/to/model.gguf npm test. Left out without them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { answered, launch, openPage, send } from './browser.js';
import { wait } from './fake-server.js';

const { PUNA, MODEL } = process.env;
const skip = PUNA && MODEL ? false : 'PUNA and MODEL are not set';
let server, browser, url, page, trouble;

before(async () => {
  if (skip) return;
  const port = await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
  url = `http://127.0.0.1:${port}/`;
  server = spawn(PUNA, ['serve', MODEL, '--port', String(port)], { stdio: ['ignore', 'inherit', 'inherit'] });
  for (let tries = 0; ; tries++) {
    try {
      if ((await fetch(`${url}health`)).ok) break;
    } catch (error) {
      if (tries > 120 || server.exitCode !== null) throw error;
    }
    await wait(500);
  }
  browser = await launch();
  ({ page, trouble } = await openPage(browser, url));
  await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready');
});

after(async () => {
  await browser?.close();
  server?.kill();
});

test('the real server answers, counts, gives probabilities, stops and continues', { skip }, async () => {
  assert.match((await (await fetch(url)).headers.get('Content-Security-Policy')) ?? '', /default-src 'self'/);
  await page.locator('#panel-toggle').click();
  await page.getByLabel('Max tokens').fill('24');
  await page.getByLabel('Temperature').fill('0');
  await page.getByLabel('Token probabilities', { exact: true }).check();
  await send(page, 'Once upon a time');
  const first = await answered(page);
  assert.ok((await first.locator('.body').textContent()).trim().length > 10);
  const statistics = (await first.locator('.statistics').textContent()).replaceAll('\u00a0', ' ');
  assert.match(statistics, /\d+ prompt tokens/);
  assert.match(statistics, /\d+ written/);
  assert.match(statistics, /tokens\/s/);
  await first.getByRole('button', { name: 'Token probabilities (T)' }).click();
  assert.ok((await first.locator('.token').count()) > 5);

  const before = (await first.locator('.tokens').textContent()).trim();
  if (await first.getByRole('button', { name: 'Continue' }).count()) {
    await first.getByRole('button', { name: 'Continue' }).click();
    await answered(page);
    const text = (await first.locator('.tokens').textContent()).trim();
    assert.ok(text.startsWith(before) && text.length > before.length, text);
  }
  assert.deepEqual(trouble, []);
});

test('the real server’s refusals are shown in its words at the field', { skip }, async () => {
  const words = await (await fetch(`${url}v1/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'x' }], response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { not: {} } } } }),
  })).json();
  assert.ok(words.error?.message, 'a schema with "not" is refused');
  await page.keyboard.press('Alt+n');
  await page.getByRole('tab', { name: 'Output' }).click();
  await page.getByLabel('JSON Schema', { exact: true }).check();
  await page.getByLabel('Schema', { exact: true }).fill('{"not": {}}');
  await send(page, 'x');
  const last = await answered(page);
  await last.getByText(words.error.message).waitFor();
  await page.locator('#page-output .field-error').filter({ hasText: words.error.message }).waitFor();
  assert.deepEqual(trouble, []);
});
