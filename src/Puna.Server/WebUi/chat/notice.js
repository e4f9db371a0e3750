// Why an answer is not complete, in the server's own words, with what can be done about it.

import { h } from '../dom.js';
import { icon } from '../icons.js';

const titles = { 401: 'The server asks for an API key', 403: 'Not allowed with this key', 429: 'Too many requests', 503: 'The server is not ready' };

/** The panel whose setting a field of the request comes from. */
export function panelOf(param) {
  if (!param) return null;
  if (/^response_format/.test(param)) return 'output';
  if (/^(tools|tool_choice)/.test(param)) return 'tools';
  if (/^(temperature|top_p|top_k|min_p|seed|max_tokens|stop)\b/.test(param)) return 'prompt';
  return null;
}

/** An element for a message that was stopped, failed or cut short; null when it is complete. */
export function renderNotice(node, actions) {
  if (node.state === 'failed') return failure(node, actions);
  if (node.state === 'stopped') return quiet('Stopped. What had arrived is kept.', node, actions);
  if (node.state === 'done' && node.finish === 'length') return quiet('The answer reached the token limit.', node, actions);
  if (node.state === 'done' && node.finish === 'content_filter') return quiet(node.safety?.categories ? `The server’s safety policy held this back: ${node.safety.categories.join(', ')}.` : 'The server’s filter ended the answer.', node, null);
  if (node.state === 'done' && !node.content && !node.toolCalls?.length) return quiet('The model answered with nothing.', node, null);
  return null;
}

function quiet(text, node, actions) {
  return h('div', { class: 'notice' }, h('p', {}, text), actions && goOn(node, actions));
}

function failure(node, actions) {
  const { kind, message, status, code, param, retryAfter } = node.error;
  const kept = node.content ? ' What had arrived is kept.' : '';
  const title = { dropped: `The connection broke off.${kept}`, network: 'No connection', page: 'Not readable' }[kind] ?? titles[status] ?? `The server answered with an error${status ? ` (${status})` : ''}`;
  const panel = panelOf(param);
  const buttons = [
    goOn(node, actions),
    h('button', { type: 'button', class: 'secondary small', onclick: () => actions.retry(node) }, icon('refresh'), h('span', {}, 'Try again')),
    panel && h('button', { type: 'button', class: 'secondary small', onclick: () => actions.openPanel(panel) }, icon('sliders'), h('span', {}, 'Open the setting')),
  ];
  const details = [param && `field ${param}`, code && `code ${code}`, retryAfter && `try again after ${retryAfter} s`].filter(Boolean).join(' · ');
  return h('div', { class: 'notice failed', role: 'group', 'aria-label': 'Error' },
    h('p', { class: 'notice-title' }, icon('alert'), h('span', {}, title)),
    kind !== 'dropped' || !kept ? h('p', { class: 'notice-words' }, message) : null,
    details ? h('p', { class: 'hint' }, details) : null,
    status === 401 ? keyForm(node, actions) : null,
    h('div', { class: 'notice-actions' }, buttons));
}

/** "Continue", where there is something to continue. */
function goOn(node, actions) {
  if (!node.content || node.toolCalls?.length) return null;
  return h('button', { type: 'button', class: 'secondary small', onclick: () => actions.resume(node) }, icon('play'), h('span', {}, 'Continue'));
}

function keyForm(node, actions) {
  const key = h('input', { type: 'password', autocomplete: 'off', placeholder: 'sk-…', 'aria-label': 'API key', required: true });
  const remember = h('input', { type: 'checkbox' });
  return h('form', {
    class: 'key-form',
    onsubmit: (event) => {
      event.preventDefault();
      actions.useKey(key.value.trim(), remember.checked, node);
    },
  }, h('div', { class: 'key-row' }, key, h('button', { type: 'submit', class: 'primary small' }, 'Use key')),
  h('label', { class: 'check' }, remember, h('span', {}, 'Remember in this browser')));
}
