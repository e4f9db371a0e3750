// The settings of the open conversation, beside it: three tabs.

import { byId, h } from '../dom.js';
import { icon } from '../icons.js';
import { OutputPanel } from './output.js';
import { PromptPanel } from './prompt.js';
import { ToolsPanel } from './tools.js';

export class SettingsPanel {
  #tabs = new Map();
  #selected = 'prompt';

  /** `onchange(patch)`: settings of the conversation changed. `onclose()`: the panel was closed. `onkeep()`: use for new ones. */
  constructor({ onchange, onclose, onkeep }) {
    this.element = byId('panel');
    this.prompt = new PromptPanel(onchange);
    this.tools = new ToolsPanel(onchange);
    this.output = new OutputPanel(onchange);
    const list = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Settings', onkeydown: (event) => this.#arrows(event) });
    const close = h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close settings', title: 'Close (Esc)', onclick: onclose }, icon('close'));
    const keep = h('button', { type: 'button', class: 'secondary small', onclick: onkeep }, 'Use for new conversations');
    const pages = [['prompt', 'Prompt'], ['tools', 'Tools'], ['output', 'Output']].map(([name, label]) => {
      const tab = h('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `page-${name}`, onclick: () => this.select(name) }, label);
      const page = h('div', { role: 'tabpanel', id: `page-${name}`, 'aria-labelledby': `tab-${name}`, tabindex: '0', class: 'panel-page' }, this[name].element);
      this.#tabs.set(name, { tab, page });
      list.append(tab);
      return page;
    });
    this.element.append(h('div', { class: 'panel-top' }, list, close), ...pages, h('div', { class: 'panel-bottom' }, keep));
    this.select('prompt');
  }

  show(settings) {
    for (const name of this.#tabs.keys()) this[name].show(settings);
  }

  select(name) {
    this.#selected = name;
    for (const [other, { tab, page }] of this.#tabs) {
      tab.setAttribute('aria-selected', String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
      page.hidden = other !== name;
    }
  }

  focus() {
    this.#tabs.get(this.#selected).tab.focus();
  }

  /** Shows a message beside the field it is about; true when there is such a field here. */
  problem(param, message) {
    if (/^response_format/.test(param)) return (this.output.json.serverSaid(message), true);
    if (/^tools/.test(param)) return (this.tools.json.serverSaid(message), true);
    return this.prompt.problem(param, message);
  }

  #arrows(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const names = [...this.#tabs.keys()];
    const next = names[(names.indexOf(this.#selected) + step + names.length) % names.length];
    this.select(next);
    this.focus();
  }
}
