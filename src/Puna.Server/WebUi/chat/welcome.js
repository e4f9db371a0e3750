// What an empty conversation shows.

import { host } from '../api/client.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';

/** `actions`: openPanel(name), example(name). */
export function renderWelcome(actions) {
  const start = (name, glyph, title, text) =>
    h('button', { type: 'button', class: 'start', onclick: () => actions.example(name) }, icon(glyph),
      h('span', { class: 'start-title' }, title), h('span', { class: 'start-text' }, text));
  return h('div', { class: 'welcome' },
    h('h2', {}, 'What shall we work on?'),
    h('p', {}, 'Your messages go to ', h('strong', {}, host), ' and nowhere else.'),
    h('div', { class: 'starts' },
      start('probabilities', 'bars', 'See how sure it is', 'Token probabilities on hover'),
      start('schema', 'braces', 'Get JSON by a schema', 'Every answer follows it'),
      start('tools', 'tool', 'Let it call a tool', 'You play the tool')));
}
