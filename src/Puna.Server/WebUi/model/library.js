// The list of conversations, and the one that is open.

import { Conversation } from './conversation.js';
import { emptySettings } from './settings.js';
import * as store from './store.js';
import { newId, throttle } from '../dom.js';

/**
 * Events: 'list' (titles or order changed), 'open' (another conversation is open), 'storage' (detail: what the browser
 * said when it could not keep one).
 */
export class Library extends EventTarget {
  #records = new Map();
  #live = new Map();
  #channel = 'BroadcastChannel' in window ? new BroadcastChannel('puna') : null;
  /** The open conversation. A new one joins the list with its first message. */
  current = null;

  async load() {
    for (const record of await store.allConversations()) this.#records.set(record.id, record);
    this.#channel?.addEventListener('message', ({ data }) => this.#changedElsewhere(data));
  }

  /** [{id, title, updated}], the latest first; with a query, those whose title or messages contain every word of it. */
  list(query = '') {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return [...this.#records.values()]
      .filter((record) => words.every((word) => textOf(record).includes(word)))
      .sort((a, b) => b.updated - a.updated);
  }

  create() {
    const record = { settings: this.defaults(), model: localStorage.getItem('puna.model') ?? '' };
    this.#show(new Conversation(record));
  }

  async open(id) {
    if (this.current?.id === id) return;
    const live = this.#live.get(id);
    if (live) return this.#show(live);
    const record = this.#records.get(id);
    if (!record) return this.create();
    const conversation = new Conversation({ ...record, settings: { ...structuredClone(emptySettings), ...record.settings } });
    for (const { message, tokens } of await store.getTokens(id)) conversation.tokens.set(message, tokens);
    this.#show(conversation);
  }

  rename(id, title) {
    const live = this.#live.get(id);
    if (live) return live.rename(title);
    this.#keep({ ...this.#records.get(id), title, renamed: true });
  }

  /** Takes a conversation out of the list; the function returned puts it back. */
  async remove(id) {
    const record = this.#records.get(id);
    const tokens = await store.getTokens(id);
    this.#records.delete(id);
    this.#live.delete(id);
    await store.deleteConversation(id);
    if (this.current?.id === id) this.create();
    this.dispatchEvent(new Event('list'));
    this.#channel?.postMessage(id);
    return async () => {
      await this.add(record, Object.fromEntries(tokens.map((entry) => [entry.message, entry.tokens])));
      await this.open(id);
    };
  }

  /** Adds a stored or imported conversation. */
  async add(record, tokens = {}) {
    for (const [message, list] of Object.entries(tokens)) await store.putTokens(record.id, message, list);
    this.#keep(record);
  }

  /** Adds imported records; one whose id is taken comes in as a copy. Returns how many there were. */
  async import(records) {
    for (const { tokens, ...record } of records) {
      await this.add(this.has(record.id) ? { ...record, id: newId() } : record, tokens);
    }
    return records.length;
  }

  has(id) {
    return this.#records.has(id);
  }

  async record(id) {
    const tokens = Object.fromEntries((await store.getTokens(id)).map((entry) => [entry.message, entry.tokens]));
    return { ...(this.#live.get(id)?.toRecord() ?? this.#records.get(id)), tokens };
  }

  saveTokens(conversation, message) {
    const tokens = conversation.tokens.get(message);
    if (tokens) store.putTokens(conversation.id, message, tokens).catch((error) => this.#failed(error));
  }

  defaults() {
    const kept = localStorage.getItem('puna.defaults');
    return { ...structuredClone(emptySettings), ...(kept ? JSON.parse(kept) : {}) };
  }

  keepDefaults(settings) {
    localStorage.setItem('puna.defaults', JSON.stringify(settings));
  }

  #show(conversation) {
    this.current = conversation;
    if (!this.#live.has(conversation.id)) {
      this.#live.set(conversation.id, conversation);
      const save = throttle(400, () => {
        const removed = this.#live.get(conversation.id) !== conversation;
        if (!removed && !conversation.isEmpty) this.#keep(conversation.toRecord());
      });
      conversation.addEventListener('saved', () => {
        save();
        if (!this.#records.has(conversation.id)) save.flush(); // a new one is in the list at once
      });
      addEventListener('pagehide', save.flush);
    }
    this.dispatchEvent(new Event('open'));
  }

  #keep(record) {
    const unchanged = this.#records.get(record.id)?.title === record.title && this.list()[0]?.id === record.id;
    this.#records.set(record.id, record);
    if (!unchanged) this.dispatchEvent(new Event('list'));
    store.putConversation(record).then(
      () => this.#channel?.postMessage(record.id),
      (error) => this.#failed(error),
    );
  }

  #failed(error) {
    this.dispatchEvent(new CustomEvent('storage', { detail: error?.message ?? 'unknown reason' }));
  }

  async #changedElsewhere(id) {
    const record = await store.getConversation(id);
    if (record) this.#records.set(id, record);
    else this.#records.delete(id);
    if (this.current?.id !== id) this.#live.delete(id); // read again when it is opened
    this.dispatchEvent(new Event('list'));
  }
}

function textOf(record) {
  let text = record.title;
  for (const node of record.nodes) text += `\n${node.content ?? ''}`;
  return text.toLowerCase();
}
