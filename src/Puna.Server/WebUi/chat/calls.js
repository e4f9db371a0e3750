// Tool calls of an answer: what the model wants to call, with which arguments, and a field for what the tool said.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { CodeView } from '../markdown/render.js';
import { parseJson } from '../model/json.js';

/**
 * The calls of an answer as elements. `results` are those already given, or null; with `editing` they can be typed.
 * `submit(results)` continues with [{id, content}]; `edit()` asks to change the given ones.
 */
export function renderCalls(node, { results, editing, submit, edit }) {
  const fields = [];
  const finished = node.state !== 'streaming';
  const cards = node.toolCalls.map((call) => {
    const known = results?.find((result) => result.id === call.id)?.content ?? '';
    return h('section', { class: 'call', 'aria-label': `Call of ${call.name}` },
      h('div', { class: 'call-head' }, icon('tool'), h('span', {}, 'Call '), h('code', {}, call.name || '…')),
      new CodeView({ lang: 'json', text: pretty(call.arguments) }).element,
      finished ? (editing ? resultField(known) : resultShown(known)) : null);
  });
  if (!finished) return cards;

  const send = h('button', { type: 'button', class: 'primary', onclick: sendAll }, fields.length > 1 ? 'Send the results' : 'Send the result');
  const change = h('button', { type: 'button', class: 'quiet small', onclick: edit }, icon('edit'), h('span', {}, 'Change the result'));
  check();
  return [...cards, h('div', { class: 'call-send' }, editing ? [send, h('span', { class: 'hint' }, 'The model goes on with it.')] : change)];

  function resultField(known) {
    const field = h('textarea', { rows: 2, placeholder: 'What the tool returned', spellcheck: 'false', oninput: check });
    field.value = known;
    field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || send.disabled) return;
      event.preventDefault();
      sendAll();
    });
    fields.push(field);
    return h('label', { class: 'call-result' }, h('span', {}, 'Result'), field);
  }

  function check() {
    send.disabled = fields.some((field) => field.value.trim() === '');
  }

  function sendAll() {
    submit(fields.map((field, i) => ({ id: node.toolCalls[i].id, content: field.value })));
  }
}

function resultShown(text) {
  return h('div', { class: 'call-result' }, h('span', {}, 'Result'),
    h('pre', { tabindex: '0', role: 'group', 'aria-label': 'Result of the tool' }, text));
}

/** Whole JSON is laid out; JSON that is still arriving, or is none, is shown as it is. */
function pretty(text) {
  const parsed = parseJson(text);
  return parsed.error ? text : JSON.stringify(parsed.value, null, 2);
}
