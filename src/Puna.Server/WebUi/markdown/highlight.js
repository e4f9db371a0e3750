// Light syntax colouring, a line at a time: comments, strings, numbers, keywords, calls. Not a parser, and needs none.

import { languageOf } from './languages.js';

const maxLine = 2000; // longer lines (minified code, data) stay plain

/**
 * Colours one line. `state` is what the line before left open (the end mark of a comment or string), or null.
 * Returns { parts: [[kind or '', text]], state }.
 */
export function highlight(lang, line, state) {
  const rules = languageOf(lang);
  if (!rules || line.length > maxLine) return { parts: [['', line]], state: null };
  if (rules.diff) return { parts: [[diffKind(line), line]], state: null };

  const parts = [];
  const add = (kind, text) => {
    if (!text) return;
    const last = parts.at(-1);
    if (last?.[0] === kind) last[1] += text;
    else parts.push([kind, text]);
  };

  let at = 0;
  if (state) {
    const end = line.indexOf(state.until);
    if (end < 0) return { parts: [[state.kind, line]], state };
    at = end + state.until.length;
    add(state.kind, line.slice(0, at));
  }
  while (at < line.length) {
    const opened = openAt(rules, line, at);
    if (opened) {
      const end = line.indexOf(opened.until, at + opened.mark.length);
      if (end < 0) {
        add(opened.kind, line.slice(at));
        return { parts, state: { kind: opened.kind, until: opened.until } };
      }
      add(opened.kind, line.slice(at, end + opened.until.length));
      at = end + opened.until.length;
      continue;
    }
    const [kind, text] = rules.markup ? markupAt(line, at) : wordAt(rules, line, at);
    add(kind, text);
    at += text.length;
  }
  return { parts, state: null };
}

function openAt(rules, line, at) {
  for (const [mark, until] of rules.block ?? []) if (line.startsWith(mark, at)) return { kind: 'comment', mark, until };
  for (const mark of rules.multi ?? []) if (line.startsWith(mark, at)) return { kind: 'string', mark, until: mark };
  return null;
}

const number = /(?:0[xXbB][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)[a-zA-Z%]*/y;
const word = /[\p{L}_$@][\p{L}\p{N}_$]*/uy;
const cssWord = /[-\p{L}_$@#.][\p{L}\p{N}_-]*/uy;
const variable = /\$(?:\w+|\{[^}]*\})/y;
const other = /[^\p{L}\p{N}_$@"'`#/\-;.]+|[^]/uy;

function sticky(pattern, line, at) {
  pattern.lastIndex = at;
  return pattern.exec(line)?.[0] ?? null;
}

function wordAt(rules, line, at) {
  const c = line[at];
  for (const mark of rules.line) {
    // "#" inside a word is no comment in shells (a#b), nor "//" inside a URL.
    const free = at === 0 || /[\s({[,;]/.test(line[at - 1]) || (mark === '//' && line[at - 1] !== ':');
    if (line.startsWith(mark, at) && free) return ['comment', line.slice(at)];
  }
  if (rules.preprocessor && at === line.search(/\S/) && c === '#') return ['keyword', /^#\s*\w*/.exec(line.slice(at))[0]];
  if (rules.quotes.includes(c)) {
    const text = quoted(line, at, c);
    const isKey = rules.keys && /^\s*:/.test(line.slice(at + text.length));
    return [isKey ? 'name' : 'string', text];
  }
  let text;
  if (rules.variables && c === '$' && (text = sticky(variable, line, at))) return ['name', text];
  if (/\d/.test(c) && (text = sticky(number, line, at))) return ['number', text];
  if ((text = sticky(rules.cssNames ? cssWord : word, line, at))) {
    const after = line.slice(at + text.length);
    if (rules.keywords.has(rules.ignoreCase ? text.toLowerCase() : text)) return ['keyword', text];
    if (rules.cssNames && /^\s*:/.test(after)) return ['name', text];
    if (rules.yamlKeys && /^[\w.\- ]*\s*[:=](?:\s|$)/.test(after) && /^[\s-]*$/.test(line.slice(0, at))) {
      return ['name', text + /^[\w.\- ]*/.exec(after)[0].trimEnd()];
    }
    if (!rules.cssNames && /^\s?\(/.test(after)) return ['call', text];
    if (!rules.keys && !rules.yamlKeys && /^[A-Z][\p{L}\p{N}]*[a-z]/u.test(text)) return ['type', text];
    return ['', text];
  }
  return ['', sticky(other, line, at)];
}

function quoted(line, at, quote) {
  let end = at + 1;
  while (end < line.length && line[end] !== quote) end += line[end] === '\\' ? 2 : 1;
  return line.slice(at, Math.min(end + 1, line.length));
}

const tag = /<[/?!]?[\w:.-]*|[/?]?>/y;
const attribute = /[\w:.-]+(?=\s*=)/y;
const text = /[^<>"'=\s]+|\s+|[^]/y;

function markupAt(line, at) {
  let hit;
  if ((hit = sticky(tag, line, at))) return ['keyword', hit];
  const inTag = line.lastIndexOf('<', at) > line.lastIndexOf('>', at);
  if (inTag && (line[at] === '"' || line[at] === "'")) return ['string', quoted(line, at, line[at])];
  if (inTag && (hit = sticky(attribute, line, at))) return ['name', hit];
  return ['', sticky(text, line, at)];
}

function diffKind(line) {
  if (line.startsWith('+')) return 'added';
  if (line.startsWith('-')) return 'removed';
  return line.startsWith('@@') ? 'keyword' : '';
}
