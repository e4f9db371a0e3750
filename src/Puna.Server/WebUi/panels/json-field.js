// A text field for JSON: says where a mistake is, can jump there, and lays valid JSON out.

import { h, newId } from '../dom.js';
import { parseJson } from '../model/json.js';

export class JsonField {
  /**
   * `check(text)` throws an error whose message is shown; `onchange(text)` hears every edit; `example` fills an empty
   * field on request.
   */
  constructor({ label, hint, rows, check, onchange, example }) {
    Object.assign(this, { check, onchange });
    const id = `json-${newId()}`;
    this.field = h('textarea', {
      id, rows, class: 'json', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', wrap: 'off',
      'aria-describedby': `${id}-hint ${id}-state`,
      oninput: () => this.#edited(),
      onkeydown: (event) => this.#indent(event),
    });
    this.state = h('p', { id: `${id}-state`, class: 'json-state', role: 'status' });
    this.go = h('button', { type: 'button', class: 'quiet small', hidden: true, onclick: () => this.#jump() }, 'Go to it');
    this.server = h('p', { class: 'field-error', role: 'status' });
    const format = h('button', { type: 'button', class: 'quiet small', onclick: () => this.#format() }, 'Format');
    const fill = h('button', { type: 'button', class: 'quiet small', onclick: () => this.#fill(example) }, 'Example');
    const clear = h('button', { type: 'button', class: 'quiet small', onclick: () => this.#fill('') }, 'Clear');
    this.element = h('div', { class: 'field json-field' },
      h('label', { for: id }, label), h('p', { class: 'hint', id: `${id}-hint` }, hint),
      this.field, h('div', { class: 'json-foot' }, this.state, h('div', { class: 'json-buttons' }, this.go, fill, format, clear)), this.server);
  }

  set(text) {
    this.field.value = text;
    this.#show();
  }

  /** What the server said about this field, or nothing. */
  serverSaid(message) {
    this.server.textContent = message ?? '';
  }

  #fill(text) {
    this.set(text);
    this.#edited();
    this.field.focus();
    this.field.setSelectionRange(0, 0);
    this.field.scrollTop = 0;
  }

  #edited() {
    this.#show();
    this.serverSaid(null);
    this.onchange(this.field.value);
  }

  #show() {
    const text = this.field.value;
    let error = null;
    try {
      if (text.trim()) this.check(text);
    } catch (problem) {
      error = problem.message;
    }
    const parsed = text.trim() ? parseJson(text) : {};
    this.mistake = parsed.error ? parsed : null;
    this.field.setAttribute('aria-invalid', String(error !== null));
    this.state.textContent = error ?? (text.trim() ? 'Valid' : '');
    this.state.classList.toggle('invalid', error !== null);
    this.go.hidden = !this.mistake;
  }

  #jump() {
    const lines = this.field.value.split('\n');
    const before = lines.slice(0, this.mistake.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    const at = before + [...lines[this.mistake.line - 1]].slice(0, this.mistake.column - 1).join('').length;
    this.field.focus();
    this.field.setSelectionRange(at, Math.min(at + 1, this.field.value.length));
    this.field.scrollTop = (this.mistake.line - 3) * parseFloat(getComputedStyle(this.field).lineHeight);
  }

  #format() {
    const { value, error } = parseJson(this.field.value);
    if (error) return this.#jump();
    this.set(JSON.stringify(value, null, 2));
    return this.onchange(this.field.value);
  }

  /** Tab indents by two spaces; Escape then Tab leaves the field, as everywhere. */
  #indent(event) {
    if (event.key === 'Escape') this.leaving = true;
    else if (event.key === 'Tab' && !event.shiftKey && !this.leaving) {
      event.preventDefault();
      this.field.setRangeText('  ', this.field.selectionStart, this.field.selectionEnd, 'end');
      this.#edited();
    } else if (event.key !== 'Shift') this.leaving = false;
  }
}
