// Pictures of the page into screenshots/, to be looked at: light and dark, wide and narrow, with the panels open.

import { mkdir } from 'node:fs/promises';
import { answered, launch, openPage, send } from './browser.js';
import { demo } from './demo.js';
import { startFake } from './fake-server.js';

const folder = new URL('screenshots/', import.meta.url).pathname;
await mkdir(folder, { recursive: true });
const fake = await startFake({ answer: demo });
const browser = await launch();

const wide = { width: 1440, height: 900 };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

for (const colorScheme of ['light', 'dark']) {
  for (const [size, options] of [['wide', { viewport: wide }], ['phone', phone]]) {
    const { page, context } = await openPage(browser, fake.url, { colorScheme, ...options });
    const shot = async (name) => {
      await page.waitForTimeout(150);
      await page.screenshot({ path: `${folder}${size}-${colorScheme}-${name}.png` });
    };
    await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready');
    await shot('1-welcome');
    await send(page, 'Tell me about three birds of Hawaiʻi, with a table and a bit of code.');
    await answered(page);
    await shot('2-answer-end');
    await page.locator('#scroller').evaluate((element) => element.scrollTo(0, 0));
    await shot('3-answer-top');
    await page.locator('#panel-toggle').click();
    await page.locator('#sampling-temperature').fill('7');
    await shot('4-panel-prompt');
    await page.locator('#tab-tools').click();
    await page.getByRole('button', { name: 'Example' }).first().click();
    await shot('5-panel-tools');
    await page.locator('#tab-output').click();
    await page.getByLabel('JSON Schema', { exact: true }).check();
    await page.locator('#page-output textarea').fill('{\n  "type": "object",\n  "properties": {,}\n}');
    await shot('6-panel-output');
    await page.locator('#tab-tools').click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Alt+n');
    await page.getByRole('button', { name: 'Let it call a tool' }).click();
    await send(page, 'What is the weather in Hilo right now?');
    await page.locator('.call-result textarea').waitFor();
    await page.locator('.call-result textarea').fill('{"celsius": 24, "sky": "rain"}');
    await shot('7-tool-call');
    await page.getByRole('button', { name: 'Send the result' }).click();
    await answered(page);
    await shot('8-tool-result');
    await page.keyboard.press('Alt+n');
    await page.getByRole('button', { name: 'See how sure it is' }).click();
    await page.locator('#prompt').press('Enter');
    const answer = await answered(page);
    if (size === 'wide') {
      const word = await answer.locator('em').boundingBox();
      await page.mouse.move(word.x + 8, word.y + word.height / 2);
      await shot('9-hover');
      await page.mouse.move(5, 5);
    }
    await answer.getByRole('button', { name: /Token probabilities/ }).click();
    await answer.locator('.token').nth(9).hover();
    await shot('10-tokens');
    await page.mouse.move(5, 5);
    await page.keyboard.press('Alt+n');
    await send(page, 'Now drop the line');
    await answered(page);
    await send(page, 'and reach the limit');
    await answered(page);
    await shot('11-errors');
    await page.keyboard.press('Control+/');
    await shot('12-help');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await shot('13-list');
    await page.locator('#server').click();
    await shot('14-server');
    await page.keyboard.press('Escape');
    await page.locator('#import').click();
    await shot('15-transfer');
    await context.close();
  }
}
await browser.close();
await fake.close();
