// Markdown that is still arriving: finished blocks are made once, only the last one is made again as text comes.

import { h } from '../dom.js';
import { parseBlocks } from './blocks.js';
import { CodeView, renderBlock } from './render.js';

export class MarkdownStream {
  #text = '';
  #done = false;
  #settled = 0; // characters of #text whose blocks are final
  #open = []; // elements of the blocks after that
  #code = null; // the CodeView of an open code block, which grows in place

  /** `onblock` hears of every block that became final, with its element. */
  constructor(container, onblock = () => {}) {
    this.container = container;
    this.onblock = onblock;
  }

  /** Shows the text; `done` when nothing follows. */
  set(text, done = false) {
    // Text that goes on after its end (a continued answer) may belong to a block that was taken as finished.
    if (!text.startsWith(this.#text) || (this.#done && (text !== this.#text || !done))) this.#reset();
    this.#text = text;
    this.#done = done;

    const tail = text.slice(this.#settled);
    const lines = tail.split(/\r\n|\n|\r/);
    const blocks = parseBlocks(lines);
    let settled = done ? blocks.length : 0;
    while (!done && settled + 1 < blocks.length && isFinal(blocks[settled], blocks[settled + 1], lines)) settled++;

    const nodes = blocks.map((block, i) => this.#element(block, i, i >= settled && i === blocks.length - 1 && !done));
    this.#replace(nodes);
    for (const node of nodes.slice(0, settled)) this.onblock(node);
    if (settled > 0) {
      this.#settled += offsetOf(tail, settled < blocks.length ? blocks[settled].line : Infinity);
      this.#open = nodes.slice(settled);
      if (this.#code && !this.#open.includes(this.#code.element)) this.#code = null;
    }
  }

  #element(block, index, open) {
    const first = index === 0 && this.#code;
    if (first && block.type === 'code' && block.lang === this.#code.lang) {
      this.#code.update(block.text);
      return this.#code.element;
    }
    if (index === 0) this.#code = null;
    if (open && block.type === 'code' && index === 0) {
      this.#code = new CodeView(block);
      return this.#code.element;
    }
    return renderBlock(block, open);
  }

  #replace(nodes) {
    nodes.forEach((node, i) => {
      const old = this.#open[i];
      if (old === node) return;
      if (!old) this.container.append(node);
      else if (node === this.#code?.element) old.replaceWith(node);
      else nodes[i] = morph(old, node);
    });
    for (const old of this.#open.splice(nodes.length)) old.remove();
    this.#open = [...nodes];
  }

  #reset() {
    this.container.replaceChildren();
    this.#text = '';
    this.#settled = 0;
    this.#open = [];
    this.#code = null;
  }
}

/** Whether what is still to come can no longer change a block that `next` follows. */
function isFinal(block, next, lines) {
  if (next.line < lines.length - 1) return true;
  // The line of `next` is not complete: "#" may become "#1" and belong to the paragraph before, unless that was closed.
  const closed = block.type !== 'list' && (block.type !== 'code' || block.closed);
  return closed && lines[next.line - 1].trim() === '';
}

/** The whole text at once, as one element. */
export function renderMarkdown(text) {
  const container = h('div');
  new MarkdownStream(container).set(text, true);
  return container;
}

/** Makes `old` look like `fresh`, keeping the nodes that are equal, so that a selection in them survives. */
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return old;
  if (!sameShell(old, fresh) || old.childNodes.length > fresh.childNodes.length) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = fresh.data;
    return old;
  }
  [...fresh.childNodes].forEach((child, i) => {
    if (i < old.childNodes.length) morph(old.childNodes[i], child);
    else old.append(child);
  });
  return old;
}

function sameShell(a, b) {
  if (a.nodeName !== b.nodeName) return false;
  if (!a.attributes) return true;
  return a.attributes.length === b.attributes.length && [...a.attributes].every((x) => b.getAttribute(x.name) === x.value);
}

/** Where the line begins in the text, in characters. */
function offsetOf(text, line) {
  if (line === Infinity) return text.length;
  const ends = /\r\n|\n|\r/g;
  for (let i = 0; i < line; i++) ends.exec(text);
  return ends.lastIndex;
}
