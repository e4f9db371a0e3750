import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.js';
import { startFake } from './fake-server.js';
import { tour } from './demo.js';

let fake, browser, page, trouble;

before(async () => {
  fake = await startFake();
  browser = await launch();
  ({ page, trouble } = await openPage(browser, fake.url));
});

after(async () => {
  await browser.close();
  await fake.close();
});

/** The HTML of a text, as the page makes it. */
const html = (text) =>
  page.evaluate(async (source) => {
    const { renderMarkdown } = await import('/ui/markdown/stream.js');
    return renderMarkdown(source).innerHTML;
  }, text);

/** The HTML without the frame around code and tables and without link attributes that are always the same. */
const brief = async (text) =>
  (await html(text))
    .replace(/<div class="code-head">.*?<\/div>/g, '')
    .replace(/ (?:target|rel|title|tabindex|role|scope|data-level|aria-label)="[^"]*"/g, '')
    .replace(/<span class="line">(.*?)<\/span>(?=<span class="line">|<\/code>)/gs, '$1')
    .replace(/ class="align-left"/g, '');

const cases = {
  'headings begin below the page’s own two levels': ['# One\n###### Six #\n#not', '<h3>One</h3><h6>Six</h6><p>#not</p>'],
  'emphasis follows the flanking rules': ['*a* **b** ***c*** _d_ snake_case_name 2 * 3 * 4 ~~e~~', '<p><em>a</em> <strong>b</strong> <em><strong>c</strong></em> <em>d</em> snake_case_name 2 * 3 * 4 <del>e</del></p>'],
  'code spans win over emphasis and keep their text': ['`a *b* <i>` and ``x ` y``', '<p><code>a *b* &lt;i&gt;</code> and <code>x ` y</code></p>'],
  'a line break is kept': ['one\ntwo', '<p>one<br>two</p>'],
  'escapes and entities': ['\\*a\\* &lt;b&gt; &amp;amp;', '<p>*a* &lt;b&gt; &amp;amp;</p>'],
  'links, also with brackets in them': ['[a **b**](https://x.org/a_(b)) and https://y.org/z.', '<p><a href="https://x.org/a_(b)">a <strong>b</strong></a> and <a href="https://y.org/z">https://y.org/z</a>.</p>'],
  'an image becomes a link': ['![alt](https://x.org/i.png)', '<p><a href="https://x.org/i.png">🖼 alt</a></p>'],
  'ordered lists keep their start and nest by two or three spaces': [
    '3. a\n   - b\n4. c\n  - d',
    '<ol start="3"><li>a<ul><li>b</li></ul></li><li>c<ul><li>d</li></ul></li></ol>',
  ],
  'a loose list has paragraphs': ['- a\n\n- b', '<ul><li><p>a</p></li><li><p>b</p></li></ul>'],
  'code inside a list item': ['1. run\n   ```sh\n   ls\n   ```\n2. done', '<ol><li>run<div class="code"><pre><code>ls</code></pre></div></li><li>done</li></ol>'],
  'tables with alignment, bars in cells and short rows': [
    '| a | b |\n|---|--:|\n| x \\| y | 1 |\n| z |',
    '<div class="table"><table><thead><tr><th>a</th><th class="align-right">b</th></tr></thead><tbody><tr><td>x | y</td><td class="align-right">1</td></tr><tr><td>z</td><td class="align-right"></td></tr></tbody></table></div>',
  ],
  'quotes hold blocks': ['> a\n> - b', '<blockquote><p>a</p><ul><li>b</li></ul></blockquote>'],
  'an unclosed fence is code to the end': ['```\na\n\n# b', '<div class="code"><pre><code>a\n\n# b</code></pre></div>'],
  'a fence in a longer fence is text': ['````\n```\n````', '<div class="code"><pre><code>```</code></pre></div>'],
  'rules and what only looks like one': ['---\n***\n- - -\n--', '<hr><hr><hr><p>--</p>'],
  'HTML is text': ['<b>x</b>\n\n<div onclick="y">', '<p>&lt;b&gt;x&lt;/b&gt;</p><p>&lt;div onclick="y"&gt;</p>'],
};

for (const [name, [source, expected]] of Object.entries(cases)) {
  test(name, async () => assert.equal(await brief(source), expected));
}

test('code is coloured, and its text is unchanged', async () => {
  const shown = await html('```js\nconst a = "b"; // c\nf(1)\n```');
  for (const [kind, text] of [['keyword', 'const'], ['string', '"b"'], ['comment', '// c'], ['call', 'f'], ['number', '1']]) {
    assert.ok(shown.includes(`<span class="hl-${kind}">${text}</span>`), `${kind} in ${shown}`);
  }
});

test('the highlighter never changes a line, in any language', async () => {
  const samples = ['<a href="x">&amp;</a> <!-- c', 'x = """doc', "it's // not \\ 'a' #b", 'a: "b" # c', '$HOME ${x} `y`', '@media (x) { a:hover { b: #fff } }', '-- sql \'q\' SELECT 1e-3', '#include <x>', '😀 ʻokina 0x1F', '+ added', '    \t'];
  const wrong = await page.evaluate(async (lines) => {
    const { highlight } = await import('/ui/markdown/highlight.js');
    const found = [];
    for (const lang of ['js', 'python', 'cs', 'c', 'java', 'go', 'rust', 'sh', 'sql', 'json', 'yaml', 'toml', 'css', 'html', 'diff', 'none']) {
      let state = null;
      for (const line of [...lines, ...lines]) {
        const result = highlight(lang, line, state);
        state = result.state;
        if (result.parts.map(([, text]) => text).join('') !== line) found.push([lang, line, result.parts]);
      }
    }
    return found;
  }, samples);
  assert.deepEqual(wrong, []);
});

test('text that arrives in pieces ends up as the same page as text that is whole', async () => {
  const sources = [tour, ...Object.values(cases).map(([source]) => source), 'a\n```js\nx\n```\n```js\ny', '- a\n\n  b\n\nc\n#1\n# h\n1', 'p\r\n\r\n- a\r\n- b\r\n\r\nq'];
  const differences = await page.evaluate(async (texts) => {
    const { MarkdownStream, renderMarkdown } = await import('/ui/markdown/stream.js');
    const found = [];
    for (const text of texts) {
      for (const size of [1, 2, 3, 7, 40]) {
        const container = document.createElement('div');
        const stream = new MarkdownStream(container);
        for (let end = size; end < text.length; end += size) stream.set(text.slice(0, end));
        stream.set(text, true);
        if (container.innerHTML !== renderMarkdown(text).innerHTML) found.push({ size, text, pieces: container.innerHTML, whole: renderMarkdown(text).innerHTML });
      }
    }
    return found;
  }, sources);
  assert.deepEqual(differences, []);
});

test('random mixtures of marks neither throw nor lose the order of words', async () => {
  const failures = await page.evaluate(async () => {
    const { MarkdownStream } = await import('/ui/markdown/stream.js');
    let seed = 12345;
    const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    const parts = ['*', '**', '_', '`', '```', '~~', '[', ']', '(', ')', '](http://x.y)', '!', '<', '>', '#', '- ', '1. ', '| ', '|-|', '\n', '\n\n', '  ', '\t', '\\', '&lt;', 'https://q.r', ' w '];
    const found = [];
    for (let round = 0; round < 1500; round++) {
      let text = '';
      for (let i = 0; i < 30; i++) text += parts[random(parts.length)];
      try {
        const stream = new MarkdownStream(document.createElement('div'));
        for (let end = 5; end < text.length; end += 5) stream.set(text.slice(0, end));
        stream.set(text, true);
        const words = (string) => string.match(/w/g)?.length ?? 0;
        if (words(stream.container.textContent) > words(text)) found.push(text);
      } catch (error) {
        found.push(`${error}: ${text}`);
      }
    }
    return found;
  });
  assert.deepEqual(failures, []);
});

test('text made to be slow is not', async () => {
  const sizes = { stars: '*'.repeat(20_000), openers: '*a '.repeat(8000), brackets: '['.repeat(20_000), links: '[a]('.repeat(8000), quotes: '>'.repeat(5000), ticks: '` `` '.repeat(5000), spaces: `# ${' '.repeat(20_000)}x`, bars: `${'|'.repeat(10_000)}\n${'|-'.repeat(10_000)}`, items: '- '.repeat(4000) };
  for (const [name, text] of Object.entries(sizes)) {
    const ms = await page.evaluate(async (source) => {
      const { renderMarkdown } = await import('/ui/markdown/stream.js');
      const began = performance.now();
      renderMarkdown(source);
      return performance.now() - began;
    }, text);
    assert.ok(ms < 2000, `${name} took ${Math.round(ms)} ms`);
  }
});

const attacks = [
  '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '<svg/onload=alert(1)>', '<iframe srcdoc="<script>alert(1)</script>">',
  '[x](javascript:alert(1))', '[x](JaVaScRiPt:alert(1))', '[x](java\nscript:alert(1))', '[x](&#106;avascript:alert(1))', '[x](data:text/html,<script>alert(1)</script>)', '[x](vbscript:alert(1))',
  '[x](https://a.b/" onmouseover="alert(1))', '[x](<https://a.b/" onclick="alert(1)>)', '![x](https://a.b/x.png" onerror="alert(1))', '![x](javascript:alert(1))', '<javascript:alert(1)>', '<https://a.b/"onmouseover=alert(1)>',
  '```"><script>alert(1)</script>\nx\n```', '```js onload=alert(1)\n</code><script>alert(1)</script>\n```', '`<script>alert(1)</script>`',
  '| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |', '- <a href="javascript:alert(1)">x</a>', '> <style>*{display:none}</style>', '&lt;script&gt;alert(1)&lt;/script&gt;', '<a href="https://a.b" style="position:fixed;inset:0">x</a>', '[x](//evil.example)', '[x](/v1/models)', '\u202e[x](https://a.b)', '<base href="https://evil.example/">', '<form action="https://evil.example"><input name=k>',
];

test('no text of a model becomes a script, a handler, a style or a link of another scheme', async () => {
  for (const attack of attacks) {
    const found = await page.evaluate(async (source) => {
      const { renderMarkdown } = await import('/ui/markdown/stream.js');
      const element = renderMarkdown(source);
      document.body.append(element);
      const allowed = new Set(['DIV', 'P', 'A', 'CODE', 'PRE', 'SPAN', 'BUTTON', 'svg', 'path', 'TABLE', 'THEAD', 'TBODY', 'TR', 'TH', 'TD', 'UL', 'OL', 'LI', 'BLOCKQUOTE', 'BR', 'EM', 'STRONG', 'DEL', 'H3', 'HR', 'INPUT']);
      const bad = [];
      for (const node of element.querySelectorAll('*')) {
        if (!allowed.has(node.nodeName)) bad.push(node.outerHTML);
        for (const { name } of node.attributes) if (/^on|^style$|^src$|^srcdoc$/.test(name)) bad.push(node.outerHTML);
        if (node.nodeName === 'A' && !/^(https?|mailto):$/.test(new URL(node.href).protocol)) bad.push(node.outerHTML);
        if (node.nodeName === 'A' && new URL(node.href).origin === location.origin) bad.push(node.outerHTML);
      }
      element.remove();
      return bad;
    }, attack);
    assert.deepEqual(found, [], attack);
  }
  assert.deepEqual(trouble, []);
});
