// The model picker and the state of the server.

import { byId, h } from '../dom.js';

const words = { ready: 'Ready', loading: 'Loading the model', failing: 'The server reports a problem', unreachable: 'The server cannot be reached', key: 'An API key is needed', connecting: 'Connecting' };

export class ModelPicker {
  #retry = 0;
  #wanted = '';
  models = [];
  state = words.connecting;

  /** `server` has listModels() and health(); `onchoose(id)` hears the choice. */
  constructor(server, onchoose) {
    Object.assign(this, { server, onchoose });
    this.select = byId('model');
    this.status = byId('status');
    this.select.addEventListener('change', () => {
      this.#wanted = this.select.value;
      onchoose(this.select.value);
    });
    this.#say('connecting');
    addEventListener('focus', () => this.status.dataset.state !== 'ready' && this.load());
  }

  get names() {
    return this.models.map((model) => model.id);
  }

  /** The most tokens the chosen model can hold, or null. */
  get context() {
    return this.models.find((model) => model.id === this.selected)?.context ?? null;
  }

  get selected() {
    return this.select.disabled ? '' : this.select.value;
  }

  /** Asks the server; while it is loading or away, asks again after a while. */
  async load() {
    clearTimeout(this.#retry);
    const { state, message } = await this.server.health();
    if (state !== 'ready') this.#say(state, message);
    else {
      try {
        this.models = await this.server.listModels();
        this.show(this.#wanted);
        this.#say('ready');
        return;
      } catch (error) {
        if (error.status === 401 || error.status === 403) return this.#say('key', error.message);
        this.#say('failing', error.message);
      }
    }
    this.#retry = setTimeout(() => this.load(), state === 'loading' ? 1500 : 5000);
  }

  /** Shows a model as chosen; where the server does not list it (any more), its first one. */
  show(model) {
    this.#wanted = model;
    const { names } = this;
    if (!names.length) return;
    this.select.disabled = false;
    this.select.replaceChildren(...names.map((name) => h('option', { value: name }, name)));
    this.select.value = names.includes(model) ? model : names[0];
  }

  #say(state, message = '') {
    this.state = message || words[state];
    this.status.dataset.state = state;
    this.status.setAttribute('aria-label', this.state);
    this.status.title = this.state;
    if (this.select.disabled) this.select.replaceChildren(h('option', {}, state === 'ready' ? 'No model' : `${words[state]}…`));
  }
}
