// Markdown blocks as elements. Every string becomes a text node; the only attribute from the text is a checked link.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { highlight } from './highlight.js';
import { parseInlines } from './inlines.js';

/** An element for a block. `open`: its text is still arriving. */
export function renderBlock(block, open = false) {
  switch (block.type) {
    case 'heading': {
      // The page has the first level, each message the second; most answers begin with # or ##.
      return h(`h${Math.max(3, Math.min(block.level + 1, 6))}`, { 'data-level': block.level }, inlines(block.text, open));
    }
    case 'paragraph':
      return h('p', {}, inlines(block.text, open));
    case 'code':
      return new CodeView(block).element;
    case 'quote':
      return h('blockquote', {}, renderBlocks(block.blocks, open));
    case 'list':
      return renderList(block, open);
    case 'table':
      return renderTable(block, open);
    default:
      return h('hr');
  }
}

function renderBlocks(blocks, open) {
  return blocks.map((block, index) => renderBlock(block, open && index === blocks.length - 1));
}

function renderList(list, open) {
  const items = list.items.map((item, index) => {
    const last = open && index === list.items.length - 1;
    const content = item.blocks.flatMap((block, n) => {
      const lastBlock = last && n === item.blocks.length - 1;
      return list.tight && block.type === 'paragraph' ? inlines(block.text, lastBlock) : [renderBlock(block, lastBlock)];
    });
    if (item.done === null) return h('li', {}, content);
    const box = h('input', { type: 'checkbox', disabled: true, checked: item.done, 'aria-label': item.done ? 'done' : 'to do' });
    return h('li', { class: 'task' }, box, content);
  });
  return list.ordered ? h('ol', { start: list.start === 1 ? null : list.start }, items) : h('ul', {}, items);
}

function renderTable(table, open) {
  const row = (cells, tag, last) =>
    h('tr', {}, cells.map((cell, i) => h(tag, { class: `align-${table.align[i]}`, scope: tag === 'th' ? 'col' : null }, inlines(cell, last))));
  const rows = table.rows.map((cells, i) => row(cells, 'td', open && i === table.rows.length - 1));
  return h('div', { class: 'table', tabindex: '0', role: 'group', 'aria-label': 'Table' },
    h('table', {}, h('thead', {}, row(table.header, 'th', false)), rows.length ? h('tbody', {}, rows) : null));
}

function inlines(text, open) {
  return parseInlines(text, open).map(renderInline);
}

function renderInline(node) {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'code':
      return h('code', {}, node.text);
    case 'break':
      return h('br');
    case 'link': {
      const attributes = { href: node.href, target: '_blank', rel: 'noopener noreferrer nofollow', title: node.href };
      return h('a', attributes, node.image ? '🖼 ' : null, node.children.length ? node.children.map(renderInline) : node.href);
    }
    default:
      return h(node.type, {}, node.children.map(renderInline));
  }
}

/**
 * A code block that can grow: finished lines are coloured once and stay, so that a long listing costs the same per
 * line at its end as at its start. The copy button is handled by whoever holds the document (data-copy="code").
 */
export class CodeView {
  #code = h('code');
  #lines = []; // text of the lines shown
  #spans = []; // their elements
  #state = [];

  constructor({ lang, text }) {
    this.lang = lang;
    const copy = h('button', { type: 'button', class: 'quiet small', 'data-copy': 'code' }, icon('copy'), h('span', {}, 'Copy'));
    this.element = h('div', { class: 'code' },
      h('div', { class: 'code-head' }, h('span', {}, lang || 'text'), copy),
      h('pre', { tabindex: '0', role: 'group', 'aria-label': lang ? `Code, ${lang}` : 'Code' }, this.#code));
    this.update(text);
  }

  update(text) {
    const lines = text.split('\n');
    let same = 0;
    // All lines but the last one shown are final while text only grows; compare from the end.
    if (lines.length >= this.#lines.length) same = Math.max(0, this.#lines.length - 1);
    if (same && lines[same - 1] !== this.#lines[same - 1]) same = 0;
    for (const span of this.#spans.splice(same)) span.remove();
    this.#lines.length = this.#spans.length;
    for (let i = same; i < lines.length; i++) {
      const { parts, state } = highlight(this.lang, lines[i], this.#state[i - 1] ?? null);
      this.#state[i] = state;
      const nodes = parts.map(([kind, string]) => (kind ? h('span', { class: `hl-${kind}` }, string) : string));
      const span = h('span', { class: 'line' }, nodes, i < lines.length - 1 ? '\n' : null);
      this.#lines[i] = lines[i];
      this.#spans.push(span);
      this.#code.append(span);
    }
  }
}
