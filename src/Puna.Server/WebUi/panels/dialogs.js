// Dialogs: keyboard shortcuts, server and key, import and export; and short messages that go away by themselves.

import { apiKey, host } from '../api/client.js';
import { byId, h } from '../dom.js';
import { icon } from '../icons.js';
import { shortcutGroups } from '../shortcuts.js';

function open(title, ...content) {
  const before = document.activeElement;
  const id = `dialog-${title.toLowerCase().replace(/\W+/g, '-')}`;
  const close = h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close', onclick: () => dialog.close() }, icon('close'));
  const dialog = h('dialog', {
    'aria-labelledby': id,
    onclose: () => {
      dialog.remove();
      before?.focus?.();
    },
    onclick: (event) => event.target === dialog && dialog.close(),
  }, h('div', { class: 'dialog-body' }, h('div', { class: 'dialog-top' }, h('h2', { id }, title), close), ...content));
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function openHelp() {
  open('Keyboard shortcuts', h('div', { class: 'shortcuts' }, shortcutGroups.map(({ name, keys }) =>
    h('section', {}, h('h3', {}, name), h('dl', {}, keys.map(([combination, what]) =>
      h('div', {}, h('dt', {}, combination.split('+').map((key, i) => [i ? '+' : '', h('kbd', {}, key)])), h('dd', {}, what))))))));
}

/** `onsave()` runs after the key changed. */
export function openServer(state, models, onsave) {
  const key = h('input', { type: 'password', id: 'api-key', autocomplete: 'off', 'aria-describedby': 'api-key-hint' });
  key.value = apiKey.get();
  const remember = h('input', { type: 'checkbox' });
  remember.checked = apiKey.remembered;
  const dialog = open('Server',
    h('dl', { class: 'facts' },
      h('div', {}, h('dt', {}, 'Address'), h('dd', {}, host)),
      h('div', {}, h('dt', {}, 'State'), h('dd', {}, state)),
      h('div', {}, h('dt', {}, 'Models'), h('dd', {}, models.length ? models.join(', ') : 'none listed'))),
    h('form', { class: 'fields', onsubmit: (event) => {
      event.preventDefault();
      apiKey.set(key.value.trim(), remember.checked);
      dialog.close();
      onsave();
    } },
    h('div', { class: 'field' }, h('label', { for: 'api-key' }, 'API key'),
      h('p', { class: 'hint', id: 'api-key-hint' }, 'Needed only when the server asks for one. It is sent to this server and nowhere else.'), key,
      h('label', { class: 'check' }, remember, h('span', {}, 'Remember in this browser'))),
    h('div', { class: 'dialog-actions' }, h('button', { type: 'submit', class: 'primary' }, 'Save'))));
}

/** `actions`: exportOne('json' | 'markdown'), exportAll(), importFile(file) -> a sentence, or throws one. */
export function openTransfer(hasMessages, actions) {
  const said = h('p', { class: 'hint', role: 'status' });
  const input = h('input', { type: 'file', accept: '.json,application/json', hidden: true, id: 'import-file', 'aria-label': 'File to import', onchange: async () => {
    said.className = 'hint';
    try {
      said.textContent = await actions.importFile(input.files[0]);
    } catch (error) {
      said.className = 'field-error';
      said.textContent = error.message;
    }
    input.value = '';
  } });
  const button = (name, label, onclick, disabled = false) => h('button', { type: 'button', class: 'secondary', onclick, disabled }, icon(name), h('span', {}, label));
  open('Import and export',
    h('div', { class: 'field' }, h('h3', {}, 'This conversation'), h('div', { class: 'button-row' },
      button('download', 'Markdown', () => actions.exportOne('markdown'), !hasMessages), button('download', 'JSON', () => actions.exportOne('json'), !hasMessages)),
    h('p', { class: 'hint' }, 'Markdown holds the branch that is shown; JSON holds every branch, the settings and the probabilities.')),
    h('div', { class: 'field' }, h('h3', {}, 'All conversations'), h('div', { class: 'button-row' },
      button('download', 'Export all', actions.exportAll), button('upload', 'Import a file', () => input.click()), input), said));
}

/** A short message at the bottom; `undo` adds a button and more time. */
export function toast(text, undo = null) {
  const element = h('div', { class: 'toast' }, h('span', {}, text), undo && h('button', { type: 'button', class: 'quiet small', onclick: () => {
    element.remove();
    undo();
  } }, 'Undo'));
  byId('toasts').append(element);
  setTimeout(() => element.remove(), undo ? 10_000 : 4000);
}
