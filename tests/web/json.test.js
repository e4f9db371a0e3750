import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.js';
import { startFake } from './fake-server.js';

let fake, browser, page;

before(async () => {
  fake = await startFake();
  browser = await launch();
  ({ page } = await openPage(browser, fake.url));
});

after(async () => {
  await browser.close();
  await fake.close();
});

const parse = (text) => page.evaluate(async (source) => (await import('/ui/model/json.js')).parseJson(source), text);

const mistakes = [
  ['{"a": 1,}', 1, 9, 'a comma before } is one too many'],
  ['{\n  "a": [1, 2,]\n}', 2, 14, 'a comma before ] is one too many'],
  ['{\n  a: 1\n}', 2, 3, 'expected a property name in double quotes'],
  ['{"a" 1}', 1, 6, 'expected :'],
  ['{"a": 1 "b": 2}', 1, 9, 'expected , or }'],
  ['[1\n2]', 2, 1, 'expected , or ]'],
  ["{'a': 1}", 1, 2, 'expected a property name in double quotes'],
  ["[ 'a' ]", 1, 3, 'strings take double quotes'],
  ['["a\n"]', 1, 4, 'a line break or control character'],
  ['["\\x"]', 1, 3, 'not an escape'],
  ['["abc', 1, 2, 'no closing quote'],
  ['{"a": ', 1, 7, 'the text ends here'],
  ['[01]', 1, 3, 'expected , or ]'],
  ['[tru]', 1, 2, 'expected a value'],
  ['{} {}', 1, 4, 'there is more after the end'],
  ['["😀", ]', 1, 7, 'a comma before ] is one too many'],
  ['[.5]', 1, 2, 'expected a value'],
  ['[1.]', 1, 3, 'expected , or ]'],
  ['', 1, 1, 'the text ends here'],
];

test('a mistake in JSON is told with line, column and reason', async () => {
  for (const [text, line, column, reason] of mistakes) {
    const { error, ...at } = await parse(text);
    assert.deepEqual(at, { line, column }, `${text}: ${error}`);
    assert.ok(error.includes(reason), `${text}: ${error}`);
  }
});

test('a place is found for everything that JSON.parse refuses, and for nothing that it accepts', async () => {
  const wrong = await page.evaluate(async () => {
    const { parseJson } = await import('/ui/model/json.js');
    let seed = 99;
    const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    const parts = ['{', '}', '[', ']', ',', ':', '"a"', '"\\n"', '1', '-0.5e+3', 'true', 'null', ' ', '\n', '"', '\\'];
    const found = [];
    for (let round = 0; round < 20000; round++) {
      let text = '';
      for (let n = 1 + random(8); n > 0; n--) text += parts[random(parts.length)];
      const result = parseJson(text);
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      if (valid ? result.error : !result.error || result.error.includes('not JSON')) found.push([text, result]);
    }
    return found;
  });
  assert.deepEqual(wrong, []);
});

test('depth costs no stack', async () => {
  const { error } = await parse('['.repeat(100_000));
  assert.match(error, /column 100001: expected a value/);
});
