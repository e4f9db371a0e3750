// JSON with the place of a mistake. Browsers disagree on whether and how they tell it, so the place is found here.

/** { value } or { error, line, column }; line and column count from 1, the column in characters. */
export function parseJson(text) {
  try {
    return { value: JSON.parse(text) };
  } catch {
    const { message, at } = firstMistake(text);
    const before = text.slice(0, at).split('\n');
    const line = before.length;
    const column = [...before.at(-1)].length + 1;
    return { error: `Line ${line}, column ${column}: ${message}`, line, column };
  }
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plain = /[^"\\\u0000-\u001f]*/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

class Mistake extends Error {
  constructor(at, message) {
    super(message);
    this.at = at;
  }
}

function firstMistake(text) {
  let at = 0;
  const fail = (message, where = at) => {
    throw new Mistake(where, message);
  };
  const space = () => {
    while (' \n\r\t'.includes(text[at] ?? '?')) at++;
  };
  const found = () => (at >= text.length ? 'the text ends here' : `found ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)))}`);
  const match = (pattern) => {
    pattern.lastIndex = at;
    const hit = pattern.exec(text)?.[0] ?? '';
    at += hit.length;
    return hit;
  };

  const string = () => {
    const start = at++;
    for (;;) {
      match(plain);
      if (at >= text.length) fail('this string has no closing quote', start);
      if (text[at] === '"') return at++;
      if (text[at] !== '\\') fail('a line break or control character inside a string must be written as an escape (\\n)');
      if (!match(escape)) fail('not an escape JSON knows');
    }
  };

  // Containers still open: '{' or '['. A loop, not recursion, so that depth costs no stack.
  const open = [];
  const key = () => {
    space();
    if (text[at] !== '"') fail(text[at] === '}' ? 'a comma before } is one too many' : `expected a property name in double quotes, ${found()}`);
    string();
    space();
    if (text[at] !== ':') fail(`expected : after the property name, ${found()}`);
    at++;
  };
  try {
    for (;;) {
      space();
      const c = text[at];
      let closedEmpty = false;
      if (c === '{' || c === '[') {
        at++;
        space();
        if (text[at] === (c === '{' ? '}' : ']')) {
          at++;
          closedEmpty = true;
        } else {
          open.push(c);
          if (c === '{') key();
          continue;
        }
      }
      if (!closedEmpty) value(c);
      for (;;) {
        space();
        const container = open.at(-1);
        if (!container) {
          if (at < text.length) fail(`there is more after the end of the value: ${found()}`);
          return { message: 'not JSON', at };
        }
        const close = container === '{' ? '}' : ']';
        if (text[at] === close) {
          at++;
          open.pop();
          continue;
        }
        if (text[at] !== ',') fail(`expected , or ${close}, ${found()}`);
        at++;
        if (container === '{') key();
        break;
      }
    }
  } catch (error) {
    if (error instanceof Mistake) return { message: error.message, at: error.at };
    throw error;
  }

  function value(c) {
    if (c === '"') return string();
    for (const word of ['true', 'false', 'null']) {
      if (text.startsWith(word, at)) return (at += word.length);
    }
    if (match(number)) return at;
    if (c === ']') fail('a comma before ] is one too many');
    if (c === "'") fail('strings take double quotes');
    return fail(`expected a value, ${found()}`);
  }
}
