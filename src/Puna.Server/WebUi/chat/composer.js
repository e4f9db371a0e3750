// Where a message is written: grows with the text, sends with Enter, stops a running answer.

import { byId, h } from '../dom.js';
import { icon } from '../icons.js';
import { samplingFields } from '../model/settings.js';

export class Composer {
  #busy = false;
  #context = '';

  /** `actions`: send(text), stop(), editLast(), openPanel(name). */
  constructor(actions) {
    this.actions = actions;
    this.field = byId('prompt');
    this.button = byId('send');
    this.chips = byId('chips');
    this.note = byId('composer-note');
    this.field.addEventListener('input', () => this.#changed());
    this.field.addEventListener('keydown', (event) => this.#key(event));
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#busy) actions.stop();
      else this.#send();
    });
    this.#changed();
  }

  get text() {
    return this.field.value;
  }

  set text(text) {
    this.field.value = text;
    this.#changed();
  }

  focus() {
    this.field.focus();
  }

  /** While an answer is written the button stops it. */
  set busy(busy) {
    this.#busy = busy;
    this.button.classList.toggle('stopping', busy);
    this.button.replaceChildren(icon(busy ? 'stop' : 'send'));
    this.button.setAttribute('aria-label', busy ? 'Stop' : 'Send');
    this.button.title = busy ? 'Stop (Esc)' : 'Send (Enter)';
    this.#changed();
  }

  /** Small marks for what the next request carries besides the text; each opens its panel. */
  showSettings(settings) {
    const chip = (panel, name, text) =>
      h('button', { type: 'button', class: 'chip', onclick: () => this.actions.openPanel(panel) }, icon(name), h('span', {}, text));
    const set = samplingFields.filter((field) => (settings.sampling[field.name] ?? '') !== '');
    const short = set.map((field) => `${field.label.toLowerCase()} ${settings.sampling[field.name]}`).join(', ');
    const tools = countTools(settings.tools);
    this.chips.replaceChildren(...[
      settings.system.trim() && chip('prompt', 'text', 'system prompt'),
      short && chip('prompt', 'sliders', short),
      settings.logprobs && chip('prompt', 'bars', 'probabilities'),
      tools && chip('tools', 'tool', tools),
      settings.format === 'json_object' && chip('output', 'braces', 'JSON'),
      settings.format === 'json_schema' && chip('output', 'braces', 'JSON Schema'),
    ].filter(Boolean));
    this.problem(null);
  }

  /** A sentence below the field: why the message was not sent. */
  problem(text) {
    this.note.classList.toggle('error', Boolean(text));
    this.note.textContent = text || `Enter sends, Shift+Enter begins a line${this.#context}`;
  }

  /** How many tokens the conversation takes, of how many the model can hold. */
  showContext(used, limit) {
    const number = (value) => value.toLocaleString('en');
    this.#context = used ? ` · ${number(used)}${limit ? ` of ${number(limit)}` : ''} tokens in context` : '';
    if (!this.note.classList.contains('error')) this.problem(null);
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!this.#busy) this.#send();
    } else if (event.key === 'ArrowUp' && this.text === '' && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.actions.editLast();
    }
  }

  #send() {
    const text = this.text;
    if (text.trim() && this.actions.send(text)) this.text = '';
  }

  #changed() {
    this.button.disabled = !this.#busy && !this.text.trim();
    if (!CSS.supports('field-sizing', 'content')) {
      this.field.style.height = 'auto';
      this.field.style.height = `${Math.min(this.field.scrollHeight, innerHeight * 0.4)}px`;
    }
    this.actions.typed?.(this.text);
  }
}

function countTools(text) {
  if (!text.trim()) return '';
  try {
    const count = JSON.parse(text).length;
    return count === 1 ? '1 tool' : count ? `${count} tools` : '';
  } catch {
    return 'tools: not valid JSON';
  }
}
