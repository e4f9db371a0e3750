// Starts Chromium and opens the page; every test page also records what must not happen.

import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const launch = () => chromium.launch({ executablePath, args });

/**
 * A fresh browser profile with the page open. `trouble` lists script errors, policy violations, failed files and
 * requests to other origins; a test ends by asserting that it is empty.
 */
export async function openPage(browser, url, { path = '', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true, ...options });
  const trouble = [];
  const page = await context.newPage();
  page.on('pageerror', (error) => trouble.push(`script error: ${error.stack ?? error}`));
  page.on('console', (message) => {
    // A failed request of the API is logged by the browser too; the tests look at what the page says about it.
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text())) trouble.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url())) trouble.push(`left the origin: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && /\/ui\//.test(response.url())) trouble.push(`${response.status()} ${response.url()}`);
  });
  page.on('dialog', (dialog) => {
    trouble.push(`a script opened a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(url + path);
  await page.locator('#thread > *').first().waitFor();
  return { page, context, trouble };
}

/** Types a message and sends it. */
export async function send(page, text) {
  await page.locator('#prompt').fill(text);
  await page.locator('#prompt').press('Enter');
}

/** Waits until the last answer has ended, and gives its locator. */
export async function answered(page) {
  const last = page.locator('.message.assistant').last();
  await last.waitFor();
  await page.locator('.message.assistant:last-of-type[aria-busy="false"]').last().waitFor();
  await page.waitForFunction(() => !document.querySelector('#send.stopping'));
  return last;
}
