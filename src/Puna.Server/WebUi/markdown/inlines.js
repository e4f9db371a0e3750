// Markdown inside a line: emphasis by CommonMark's delimiter rules, code, links. Gives a tree; render.js makes elements.

/**
 * Nodes: {type: 'text', text} · {type: 'code', text} · {type: 'break'} · {type: 'em' | 'strong' | 'del', children}
 * · {type: 'link', href, children}. With `open`, the text is still arriving: what is not closed yet is taken as closed.
 */
export function parseInlines(text, open = false) {
  if (open) text = text.replace(/!?\[([^[\]\n]*)\]\([^()\s]*$/, '$1');
  return resolveEmphasis(scan(text, open), open);
}

const plain = /[^\\`*_~[\]!<&\nhH]+/y;
const url = /https?:\/\/[^\s<>`]+/iy;
const autolink = /<((?:https?:\/\/|mailto:)[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>/iy;
const entity = /&(amp|lt|gt|quot|apos|nbsp|#39);/y;
const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', '#39': "'" };
const destination = /\([ \t\n]*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))*))(?:[ \t\n]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t\n]*\)/y;

/** Only these can be followed; any other scheme stays text. */
export function safeUrl(href) {
  return /^(?:https?:\/\/|mailto:)/i.test(href) && URL.canParse(href) ? href : null;
}

function scan(text, open) {
  const items = [];
  const brackets = []; // indexes into items of [ not yet matched
  let at = 0;
  const push = (string) => {
    const last = items.at(-1);
    if (last?.type === 'text') last.text += string;
    else items.push({ type: 'text', text: string });
    at += string.length;
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };

  while (at < text.length) {
    const c = text[at];
    let hit;
    if ((hit = match(plain))) {
      push(hit[0]);
    } else if (c === '\\' && at + 1 < text.length && /[!-/:-@[-`{-~]/.test(text[at + 1])) {
      at++;
      push(text[at]);
    } else if (c === '\n' || (c === '\\' && text[at + 1] === '\n')) {
      at += c === '\n' ? 1 : 2;
      const last = items.at(-1);
      if (last?.type === 'text') last.text = last.text.trimEnd();
      items.push({ type: 'break' });
    } else if (c === '`') {
      readCode();
    } else if (c === '*' || c === '_' || c === '~') {
      readDelimiters(c);
    } else if (c === '[' || (c === '!' && text[at + 1] === '[')) {
      brackets.push(items.length);
      items.push({ type: 'text', text: c === '[' ? '[' : '![', bracket: true });
      at += c === '[' ? 1 : 2;
      items.push({ type: 'text', text: '' });
    } else if (c === ']') {
      closeBracket();
    } else if (c === '<' && (hit = match(autolink))) {
      const href = safeUrl(hit[1].includes('@') && !/^mailto:/i.test(hit[1]) ? `mailto:${hit[1]}` : hit[1]);
      if (href) {
        items.push({ type: 'link', href, children: [{ type: 'text', text: hit[1] }] });
        at += hit[0].length;
      } else push(hit[0]);
    } else if ((c === 'h' || c === 'H') && !/\w/.test(text[at - 1] ?? '') && (hit = match(url))) {
      readUrl(hit[0]);
    } else if (c === '&' && (hit = match(entity))) {
      push(entities[hit[1]]);
      at += hit[0].length - 1;
    } else {
      push(c);
    }
  }
  return items;

  function readCode() {
    const ticks = /`+/y;
    ticks.lastIndex = at;
    const mark = ticks.exec(text)[0];
    let end = at + mark.length;
    for (;;) {
      end = text.indexOf(mark, end);
      if (end < 0) break;
      let after = end + mark.length;
      if (text[after] !== '`') break;
      while (text[after] === '`') after++;
      end = after;
    }
    if (end < 0 && !(open && at + mark.length < text.length)) return push(mark);
    const inner = text.slice(at + mark.length, end < 0 ? undefined : end).replace(/\n/g, ' ');
    const padded = inner.length > 2 && inner[0] === ' ' && inner.at(-1) === ' ' && inner.trim() !== '';
    items.push({ type: 'code', text: padded ? inner.slice(1, -1) : inner });
    at = end < 0 ? text.length : end + mark.length;
  }

  function readDelimiters(c) {
    let end = at;
    while (text[end] === c) end++;
    const before = text[at - 1] ?? ' ';
    const after = text[end] ?? ' ';
    const space = (x) => /\s/.test(x);
    const mark = (x) => /[\p{P}\p{S}]/u.test(x);
    const left = !space(after) && (!mark(after) || space(before) || mark(before));
    const right = !space(before) && (!mark(before) || space(after) || mark(after));
    const canOpen = c === '_' ? left && (!right || mark(before)) : left;
    const canClose = c === '_' ? right && (!left || mark(after)) : right;
    const count = end - at;
    items.push({ type: 'delimiter', c, count, length: count, canOpen, canClose });
    at = end;
  }

  function closeBracket() {
    const start = brackets.pop();
    at++;
    const hit = start === undefined ? null : match(destination);
    const href = hit && safeUrl((hit[1] ?? hit[2]).replace(/\\([!-/:-@[-`{-~])/g, '$1'));
    if (!hit || !href) {
      at--;
      return push(']');
    }
    // An image is shown as a link to it: this page loads nothing from elsewhere.
    const children = resolveEmphasis(items.splice(start + 1), false);
    const image = items[start].text === '![';
    items.length = start;
    items.push({ type: 'link', href, image, children });
    at += hit[0].length;
    if (!image) brackets.length = 0; // no link within a link
  }

  function readUrl(found) {
    let address = found.replace(/[*_~]+$/, '');
    for (;;) {
      const last = address.at(-1);
      if (/[.,:;!?'"\]}]/.test(last)) address = address.slice(0, -1);
      else if (last === ')' && address.split(')').length > address.split('(').length) address = address.slice(0, -1);
      else break;
    }
    const href = safeUrl(address);
    if (!href) return push(address);
    items.push({ type: 'link', href, children: [{ type: 'text', text: address }] });
    at += address.length;
  }
}

/** CommonMark's "process emphasis", on an array. `floor` keeps the search for an opener from going over old ground. */
function resolveEmphasis(items, open) {
  const floor = new Map();
  for (let i = 0; i < items.length; i++) {
    const closer = items[i];
    if (closer.type !== 'delimiter' || !closer.canClose) continue;
    const kind = `${closer.c}${closer.canOpen}${closer.length % 3}`;
    const lowest = floor.get(kind) ?? 0;
    let j = i - 1;
    while (j >= lowest && !matches(items[j], closer)) j--;
    if (j < lowest) {
      floor.set(kind, i);
      continue;
    }
    const opener = items[j];
    const used = closer.c === '~' ? 2 : Math.min(opener.count, closer.count, 2);
    const type = closer.c === '~' ? 'del' : used === 2 ? 'strong' : 'em';
    const children = items.slice(j + 1, i).map(asText);
    opener.count -= used;
    closer.count -= used;
    items.splice(j, i - j + 1, ...(opener.count ? [opener] : []), { type, children }, ...(closer.count ? [closer] : []));
    i = j + (opener.count ? 1 : 0); // the next turn looks at the closer's rest, if any
    for (const [name, value] of floor) floor.set(name, Math.min(value, j));
  }
  if (open) closeLastStrong(items);
  return items.map(asText).filter((item) => item.type !== 'text' || item.text !== '');
}

function matches(opener, closer) {
  if (opener.type !== 'delimiter' || opener.c !== closer.c || !opener.canOpen || opener.count === 0) return false;
  if (closer.c === '~') return opener.count === 2 && closer.count === 2;
  const both = opener.canClose || closer.canOpen;
  return !(both && (opener.length + closer.length) % 3 === 0 && (opener.length % 3 || closer.length % 3));
}

/** While text arrives, `**bold` is shown bold before its end is there, and a bare `**` at the end is not shown. */
function closeLastStrong(items) {
  const index = items.findLastIndex((item) => item.type === 'delimiter' && item.c === '*' && item.count === 2);
  if (index < 0) return;
  if (index === items.length - 1) items.pop();
  else if (items[index].canOpen) {
    items.push({ type: 'strong', children: items.splice(index).slice(1).map(asText) });
  }
}

const asText = (item) => (item.type === 'delimiter' ? { type: 'text', text: item.c.repeat(item.count) } : item);
