// The list of conversations: open, search, rename, delete.

import { byId, h } from '../dom.js';
import { icon } from '../icons.js';

export class ConversationList {
  #shown = '';

  /** `actions`: open(id), remove(id), export(id); `isBusy(id)`: an answer is being written there. */
  constructor(library, actions, isBusy) {
    Object.assign(this, { library, actions, isBusy });
    this.element = byId('conversations');
    this.search = byId('search');
    this.search.addEventListener('input', () => this.render());
    this.search.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.search.value) {
        event.stopPropagation();
        this.search.value = '';
        this.render();
      } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
        event.preventDefault();
        this.element.querySelector('.conversation-open')?.focus();
      }
    });
    this.element.addEventListener('keydown', (event) => this.#key(event));
    library.addEventListener('list', () => this.render());
    library.addEventListener('open', () => this.render());
    this.render();
  }

  render() {
    if (this.element.querySelector('form')) return; // a title is being typed
    const list = this.library.list(this.search.value);
    const current = this.library.current?.id;
    const key = JSON.stringify([list.map((c) => [c.id, c.title, period(c.updated), this.isBusy(c.id)]), current, this.search.value]);
    if (key === this.#shown) return;
    this.#shown = key;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.closest('li')?.dataset.id : null;
    const groups = new Map();
    for (const record of list) {
      const name = period(record.updated);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(this.#row(record, record.id === current));
    }
    const none = this.search.value ? 'Nothing found' : 'Conversations are kept in this browser';
    this.element.replaceChildren(...(groups.size
      ? [...groups].map(([name, rows], i) => h('section', { 'aria-labelledby': `period-${i}` }, h('h2', { id: `period-${i}` }, name), h('ul', {}, rows)))
      : [h('p', { class: 'hint' }, none)]));
    if (focused) this.element.querySelector(`li[data-id="${focused}"] .conversation-open`)?.focus();
  }

  #row(record, current) {
    const title = record.title || 'Untitled';
    const busy = this.isBusy(record.id);
    const open = h('button', { type: 'button', class: 'conversation-open', 'aria-current': current ? 'true' : null, title, onclick: () => this.actions.open(record.id) },
      h('span', { class: 'conversation-title' }, title), busy ? h('span', { class: 'busy', role: 'img', 'aria-label': 'answering' }) : null);
    const small = (name, label, onclick) => h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': `${label} “${title}”`, title: label, onclick }, icon(name));
    return h('li', { 'data-id': record.id, class: current ? 'current' : null }, open,
      h('div', { class: 'row-actions' },
        small('edit', 'Rename', () => this.rename(record.id)),
        small('trash', 'Delete', () => this.actions.remove(record.id))));
  }

  /** Turns a row into a field for its title. */
  rename(id) {
    const row = this.element.querySelector(`li[data-id="${id}"]`);
    if (!row) return;
    const field = h('input', { type: 'text', 'aria-label': 'Title', maxlength: '200' });
    field.value = this.library.list().find((record) => record.id === id).title;
    let closed = false;
    const close = (keep) => {
      if (closed) return;
      closed = true;
      form.remove();
      this.#shown = '';
      if (keep && field.value.trim()) this.library.rename(id, field.value.trim());
      this.render();
      this.element.querySelector(`li[data-id="${id}"] .conversation-open`)?.focus();
    };
    const form = h('form', {
      onsubmit: (event) => (event.preventDefault(), close(true)),
      onkeydown: (event) => event.key === 'Escape' && (event.stopPropagation(), close(false)),
      onfocusout: () => close(true),
    }, field);
    row.replaceChildren(form);
    field.select();
  }

  #key(event) {
    const open = event.target.closest('.conversation-open');
    if (!open) return;
    const all = [...this.element.querySelectorAll('.conversation-open')];
    const id = open.closest('li').dataset.id;
    if (event.key === 'ArrowDown') all[all.indexOf(open) + 1]?.focus();
    else if (event.key === 'ArrowUp') (all[all.indexOf(open) - 1] ?? this.search).focus();
    else if (event.key === 'F2') this.rename(id);
    else if (event.key === 'Delete') this.actions.remove(id);
    else return;
    event.preventDefault();
  }
}

function period(time) {
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  const days = (day - time) / 86_400_000;
  if (days <= 0) return 'Today';
  if (days <= 1) return 'Yesterday';
  if (days <= 7) return 'This week';
  if (days <= 31) return 'This month';
  return new Date(time).toLocaleDateString(undefined, { month: 'long', year: 'numeric' });
}
