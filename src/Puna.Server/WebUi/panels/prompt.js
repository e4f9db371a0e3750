// System prompt and sampling.

import { h } from '../dom.js';
import { readNumber, samplingFields } from '../model/settings.js';

export class PromptPanel {
  #inputs = new Map();

  /** `onchange(patch)` gets the settings that changed. */
  constructor(onchange) {
    this.system = h('textarea', { id: 'system', rows: 5, placeholder: 'How the model should behave', oninput: () => onchange({ system: this.system.value }) });
    this.stop = h('textarea', { id: 'stop', rows: 2, class: 'json', spellcheck: 'false', 'aria-describedby': 'stop-hint', oninput: () => onchange({ stop: this.stop.value }) });
    this.logprobs = h('input', { type: 'checkbox', id: 'logprobs', onchange: () => onchange({ logprobs: this.logprobs.checked }) });
    this.top = h('select', { id: 'top-logprobs', 'aria-label': 'How many alternatives', onchange: () => onchange({ topLogprobs: Number(this.top.value) }) },
      [1, 2, 3, 5, 10, 20].map((n) => h('option', { value: n }, n)));
    this.element = h('div', { class: 'fields' },
      h('div', { class: 'field' }, h('label', { for: 'system' }, 'System prompt'), this.system),
      h('fieldset', { class: 'field' }, h('legend', {}, 'Sampling'), h('p', { class: 'hint' }, 'An empty field leaves it to the server.'),
        h('div', { class: 'grid' }, samplingFields.map((field) => this.#number(field, onchange)))),
      h('div', { class: 'field' }, h('label', { for: 'stop' }, 'Stop strings'), h('p', { class: 'hint', id: 'stop-hint' }, 'One a line; \\n stands for a line break. The answer ends before the first.'), this.stop),
      h('div', { class: 'field' },
        h('label', { class: 'check' }, this.logprobs, h('span', {}, 'Token probabilities')),
        h('p', { class: 'hint' }, 'Point at a word of an answer to see how sure the model was. Alternatives: ', this.top)));
  }

  show(settings) {
    this.system.value = settings.system;
    this.stop.value = settings.stop;
    this.logprobs.checked = settings.logprobs;
    this.top.value = String(settings.topLogprobs);
    this.sampling = settings.sampling;
    for (const [name, { input }] of this.#inputs) {
      input.value = settings.sampling[name] ?? '';
      this.#check(name);
    }
  }

  /** Marks a field with what is wrong with it, here or according to the server. */
  problem(name, message) {
    const entry = this.#inputs.get(name);
    if (!entry) return false;
    entry.error.textContent = message;
    entry.input.setAttribute('aria-invalid', String(Boolean(message)));
    return true;
  }

  focus(name) {
    this.#inputs.get(name)?.input.focus();
  }

  #number(field, onchange) {
    const id = `sampling-${field.name}`;
    const error = h('p', { class: 'field-error', id: `${id}-error`, role: 'status' });
    const input = h('input', {
      id, type: 'text', inputmode: field.integer ? 'numeric' : 'decimal', autocomplete: 'off', title: field.hint, 'aria-describedby': `${id}-error`,
      oninput: () => {
        this.#check(field.name);
        this.sampling = { ...this.sampling, [field.name]: input.value };
        onchange({ sampling: this.sampling });
      },
      onkeydown: (event) => this.#nudge(event, field, input),
    });
    this.#inputs.set(field.name, { field, input, error });
    return h('div', { class: 'number-field' }, h('label', { for: id, title: field.hint }, field.label), input, error);
  }

  /** Arrow up and down change a number by its step. */
  #nudge(event, field, input) {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const from = input.value.trim() === '' ? field.min : Number(input.value);
    if (!Number.isFinite(from)) return;
    const next = Math.min(field.max, Math.max(field.min, from + step * field.step));
    input.value = String(Number(next.toFixed(4)));
    input.dispatchEvent(new Event('input'));
  }

  #check(name) {
    const { field, input } = this.#inputs.get(name);
    try {
      readNumber(field, input.value);
      this.problem(name, '');
    } catch (error) {
      this.problem(name, error.message);
    }
  }
}
