import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { answered, launch, openPage, send } from './browser.js';
import { demo, tour } from './demo.js';
import { startFake, wait } from './fake-server.js';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let fake, browser;
const open = [];

before(async () => {
  fake = await startFake();
  browser = await launch();
});

afterEach(async () => {
  for (const { trouble, context } of open.splice(0)) {
    assert.deepEqual(trouble, []);
    await context.close();
  }
});

after(async () => {
  await browser.close();
  await fake.close();
});

async function visit(options) {
  const opened = await openPage(browser, fake.url, options);
  open.push(opened);
  return opened.page;
}

async function clean(page, state) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map(({ id, help, nodes }) => `${state}: ${id} (${help}): ${nodes.map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`);
  assert.deepEqual(found, []);
}

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
for (const colorScheme of ['light', 'dark']) {
  for (const [size, options] of [['wide', {}], ['phone', phone]]) {
    test(`axe finds nothing, ${size}, ${colorScheme}`, async () => {
      fake.answer = demo;
      // axe builds its report with markup strings, which the page's policy forbids.
      const page = await visit({ colorScheme, bypassCSP: true, reducedMotion: 'reduce', ...options });
      await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready');
      await clean(page, 'welcome');
      await send(page, 'three birds');
      await answered(page);
      await clean(page, 'answer');
      await send(page, 'reach the limit');
      await answered(page);
      await clean(page, 'error');
      await page.locator('.message.user').last().focus();
      await page.keyboard.press('e');
      await clean(page, 'edit');
      await page.keyboard.press('Escape');
      await page.locator('#panel-toggle').click();
      await page.getByLabel('Temperature').fill('9');
      await clean(page, 'prompt panel');
      await page.getByRole('tab', { name: 'Output' }).click();
      await page.getByLabel('JSON Schema', { exact: true }).check();
      await page.locator('#page-output textarea').fill('{,}');
      await clean(page, 'output panel');
      await page.getByLabel('Text', { exact: true }).check();
      await page.getByRole('tab', { name: 'Prompt' }).click();
      await page.getByLabel('Temperature').fill('');
      await page.getByLabel('Token probabilities', { exact: true }).check();
      await page.getByRole('tab', { name: 'Tools' }).click();
      await clean(page, 'tools panel');
      await page.keyboard.press('Escape');
      await send(page, 'one thing');
      const answer = await answered(page);
      await answer.getByRole('button', { name: /Token prob/ }).click();
      await answer.locator('.tokens').focus();
      for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
      await clean(page, 'tokens');
      await page.keyboard.press('Control+.');
      await page.getByRole('tab', { name: 'Tools' }).click();
      await page.getByRole('button', { name: 'Example' }).first().click();
      await page.locator('#tab-tools').focus();
      await page.keyboard.press('Control+.');
      await send(page, 'weather');
      await answered(page);
      await clean(page, 'tool call');
      for (const [what, act] of [['help', () => page.keyboard.press('Control+/')], ['list', () => page.keyboard.press('Control+k')]]) {
        await act();
        await clean(page, what);
        if (what === 'help') await page.keyboard.press('Escape');
      }
      for (const id of ['server', 'import']) {
        await page.locator(`#${id}`).click();
        await clean(page, id);
        await page.keyboard.press('Escape');
      }
    });
  }
}

test('everything is done with the keyboard', async () => {
  fake.answer = (_, reply) => reply.text('Hello.');
  const page = await visit();
  const focus = () => page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName);
  assert.equal(await focus(), 'prompt');
  await page.keyboard.type('one');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('two');
  await page.keyboard.press('Enter');
  await answered(page);
  assert.equal(await page.locator('.bubble').textContent(), 'one\ntwo');
  assert.equal(await focus(), 'prompt');
  await page.keyboard.press('Alt+ArrowUp');
  assert.equal(await focus(), 'message assistant');
  await page.keyboard.press('r');
  await answered(page);
  await page.locator('.message.assistant .branches').waitFor();
  await page.locator('.message.assistant').focus();
  await page.keyboard.press('ArrowLeft');
  await page.locator('.branches', { hasText: '1 / 2' }).waitFor();
  assert.equal(await focus(), 'message assistant');
  await page.keyboard.press('ArrowRight');
  await page.locator('.branches', { hasText: '2 / 2' }).waitFor();
  await page.keyboard.press('Alt+ArrowUp');
  await page.keyboard.press('e');
  await page.keyboard.press('Escape');
  assert.equal(await focus(), 'message user');
  await page.keyboard.press('/');
  assert.equal(await focus(), 'prompt');

  await page.keyboard.press('Control+.');
  assert.equal(await focus(), 'tab-prompt');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focus(), 'tab-tools');
  await page.keyboard.press('Escape');
  assert.equal(await focus(), 'panel-toggle');
  await page.keyboard.press('Control+/');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await focus(), 'panel-toggle');
  await page.keyboard.press('Control+b');
  assert.ok(await page.locator('#sidebar').isHidden());
  assert.equal(await focus(), 'sidebar-open');
  await page.keyboard.press('Control+k');
  assert.equal(await focus(), 'search');
  await page.keyboard.press('Alt+t');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
  await page.keyboard.press('Alt+t');
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');

  await page.locator('#thread > *').first().waitFor();
  await page.locator('#prompt').and(page.locator(':focus')).waitFor();
  fake.answer = (_, reply) => reply.text('a b c d e f g h i j', { delay: 100 });
  await page.keyboard.type('stop me');
  await page.keyboard.press('Enter');
  await page.locator('#send.stopping').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Stopped. What had arrived is kept.').waitFor();
});

test('a screen reader hears whole blocks as they are finished, and the end', async () => {
  let goOn;
  fake.answer = async (_, reply) => {
    await reply.pieces(['First paragraph.\n\n', 'Second ', 'begins']);
    await new Promise((resolve) => (goOn = resolve));
    await reply.text(' and ends.');
  };
  const page = await visit();
  await send(page, 'x');
  await page.locator('.body p', { hasText: 'Second begins' }).waitFor();
  const heard = () => page.locator('#announcer p').allTextContents();
  assert.deepEqual(await heard(), ['First paragraph.']);
  assert.equal(await page.locator('#announcer').getAttribute('aria-live'), 'polite');
  goOn();
  await answered(page);
  await page.locator('#announcer p').nth(1).waitFor({ state: 'attached' });
  assert.deepEqual(await heard(), ['First paragraph.', 'Second begins and ends.']);
});

test('on a phone list and panel lie over the conversation, take the focus and give it back', async () => {
  const page = await visit(phone);
  assert.ok(await page.locator('#sidebar').isHidden());
  await page.locator('#sidebar-open').click();
  assert.ok(await page.locator('.workspace').evaluate((element) => element.inert));
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('#sidebar').isHidden());
  assert.equal(await page.evaluate(() => document.activeElement.id), 'sidebar-open');
  await page.locator('#panel-toggle').click();
  assert.equal((await page.locator('#panel').boundingBox()).width, 368);
  await page.touchscreen.tap(8, 400);
  assert.ok(await page.locator('#panel').isHidden());
  fake.answer = (_, reply) => reply.text(tour);
  await send(page, 'x');
  await answered(page);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.ok(await page.locator('#thread').evaluate((element) => element.scrollWidth <= element.clientWidth));
});

test('nothing above the growing end moves while an answer arrives', async () => {
  fake.answer = (_, reply) => reply.text(tour, { delay: 8 });
  const page = await visit();
  await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready');
  await send(page, 'x');
  await page.locator('.body h3').waitFor();
  const place = () => page.evaluate(() => document.querySelector('.body h3').getBoundingClientRect().top - document.querySelector('#thread').getBoundingClientRect().top);
  const before = await place();
  await answered(page);
  assert.equal(await place(), before);
  assert.equal(await page.evaluate(() => document.querySelector('.assistant .statistics').getBoundingClientRect().height > 0), true);
});

test('a reader who scrolled up is left there', async () => {
  fake.answer = (_, reply) => reply.text(`${tour}\n\n${tour}\n\n${tour}`, { delay: 4 });
  const page = await visit();
  await send(page, 'x');
  const scroller = page.locator('#scroller');
  await page.waitForFunction(() => document.querySelector('#scroller').scrollTop > 300);
  await page.mouse.move(700, 400);
  await page.mouse.wheel(0, -5000);
  await page.locator('#latest').waitFor();
  const at = await scroller.evaluate((element) => element.scrollTop);
  await answered(page);
  assert.equal(await scroller.evaluate((element) => element.scrollTop), at);
  await page.locator('#latest').click();
  await page.locator('#latest').waitFor({ state: 'hidden' });
});

test('an answer of 10,000 tokens stays smooth', async () => {
  const words = Array.from({ length: 60 }, () => tour).join('\n\n').match(/\s*\S+/g).slice(0, 10_000);
  let rest;
  fake.answer = async (_, reply) => {
    for (let i = 0; i < words.length && reply.open; i += 10) {
      for (const word of words.slice(i, i + 10)) reply.chunk({ content: word });
      await wait(4);
    }
    rest = reply;
    reply.finish();
  };
  const page = await visit();
  await page.evaluate(() => {
    window.longest = 0;
    let before = performance.now();
    const tick = (now) => {
      window.longest = Math.max(window.longest, now - before);
      before = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame((now) => ((before = now), requestAnimationFrame(tick)));
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
  });
  const began = Date.now();
  await send(page, 'x');
  await page.waitForFunction(() => document.querySelector('.message.assistant[aria-busy="false"]'), null, { timeout: 60_000 });
  const { tasks, longest } = await page.evaluate(() => ({ tasks: window.tasks, longest: window.longest }));
  const blocked = tasks.reduce((sum, duration) => sum + duration, 0);
  console.log(`10,000 tokens in ${Date.now() - began} ms: ${tasks.length} tasks over 50 ms, together ${Math.round(blocked)} ms; longest frame ${Math.round(longest)} ms`);
  assert.ok(rest);
  assert.ok(Math.max(0, ...tasks) < 500, `a task of ${Math.max(...tasks)} ms`);
});
