// A conversation is a tree of messages. Editing or regenerating adds a sibling; `selected` says which child is shown.

import { newId } from '../dom.js';

export const ROOT = 'root';

/**
 * A message: { id, parent, role, created } and, by role,
 *   user:      content
 *   assistant: content, reasoning, toolCalls [{id, name, arguments}], model, state ('streaming' | 'done' | 'stopped' |
 *              'failed'), error, finish, safety (what the server's policy decided), usage, timing, json (the answer was asked for as JSON), hasTokens
 *   tool:      results [{id, content}], one for each call of the parent
 *
 * Events: 'path' (what is shown changed), 'node' (detail: the message that changed), 'saved' (worth writing down).
 */
export class Conversation extends EventTarget {
  #children = new Map();
  /** Token probabilities by message id: [{token, logprob, top}]. Stored apart, they are large. */
  tokens = new Map();

  constructor(record) {
    super();
    Object.assign(this, {
      id: record.id ?? newId(),
      title: record.title ?? '',
      renamed: record.renamed ?? false,
      created: record.created ?? Date.now(),
      updated: record.updated ?? Date.now(),
      model: record.model ?? '',
      settings: record.settings ?? {},
      selected: { ...record.selected },
      nodes: new Map(),
    });
    // An answer that was streaming when the tab went away is kept as far as it came.
    for (const node of record.nodes ?? []) {
      this.#index(node.state === 'streaming' ? { ...node, state: 'stopped' } : { ...node });
    }
  }

  get isEmpty() {
    return this.nodes.size === 0;
  }

  /** The messages shown, from the first to the leaf. */
  path() {
    const shown = [];
    for (let at = ROOT; ; ) {
      const children = this.children(at);
      if (!children.length) return shown;
      const next = children.find((node) => node.id === this.selected[at]) ?? children.at(-1);
      shown.push(next);
      at = next.id;
    }
  }

  /** The messages from the first to this one. */
  pathTo(id) {
    const path = [];
    for (let node = this.nodes.get(id); node; node = this.nodes.get(node.parent)) path.unshift(node);
    return path;
  }

  get leaf() {
    return this.path().at(-1) ?? null;
  }

  children(id) {
    return this.#children.get(id) ?? [];
  }

  siblings(node) {
    return this.children(node.parent);
  }

  /** Adds a message below `parent` and shows it. */
  add(parent, fields) {
    const node = { id: newId(), parent, created: Date.now(), ...fields };
    this.#index(node);
    this.selected[parent] = node.id;
    this.#title(node);
    this.touch();
    this.dispatchEvent(new Event('path'));
    return node;
  }

  /** Shows the sibling `step` places further. */
  step(node, step) {
    const siblings = this.siblings(node);
    const next = siblings[siblings.indexOf(node) + step];
    if (!next) return null;
    this.selected[node.parent] = next.id;
    this.touch();
    this.dispatchEvent(new Event('path'));
    return next;
  }

  /** Says that a message changed; `save` when it is worth writing to the browser's storage at once. */
  changed(node, save = true) {
    this.dispatchEvent(new CustomEvent('node', { detail: node }));
    if (save) this.touch();
  }

  touch() {
    this.updated = Date.now();
    this.dispatchEvent(new Event('saved'));
  }

  rename(title) {
    this.title = title;
    this.renamed = true;
    this.touch();
  }

  toRecord() {
    const { id, title, renamed, created, updated, model, settings, selected } = this;
    return { id, title, renamed, created, updated, model, settings, selected, nodes: [...this.nodes.values()] };
  }

  #index(node) {
    this.nodes.set(node.id, node);
    const siblings = this.#children.get(node.parent);
    if (siblings) siblings.push(node);
    else this.#children.set(node.parent, [node]);
  }

  #title(node) {
    if (this.renamed || node.role !== 'user' || node.parent !== ROOT) return;
    const line = node.content.trim().split('\n', 1)[0].replace(/\s+/g, ' ');
    this.title = line.length > 60 ? `${line.slice(0, 57).trimEnd()}…` : line;
  }
}
