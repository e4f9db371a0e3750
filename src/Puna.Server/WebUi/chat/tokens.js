// An answer as the tokens the model chose, shaded by probability, with the alternatives of the one pointed at.

import { h } from '../dom.js';

const card = h('div', { class: 'token-card', hidden: true, role: 'status' });
document.body.append(card);

/** Texts of the tokens; bytes of one character spread over several tokens come out with the last of them. */
export function tokenTexts(tokens) {
  const decoder = new TextDecoder();
  return tokens.map(({ t, b }) => (b ? decoder.decode(new Uint8Array(b), { stream: true }) : t));
}

/** 0 (certain) to 4 (a long shot), for the shade. */
export function surprise(logprob) {
  const p = Math.exp(logprob);
  if (p >= 0.9) return 0;
  if (p >= 0.6) return 1;
  if (p >= 0.3) return 2;
  return p >= 0.1 ? 3 : 4;
}

export const percent = (logprob) => {
  const p = Math.exp(logprob) * 100;
  if (p >= 99.95 && p < 100) return '99.9 %';
  if (p > 0 && p < 0.1) return p < 0.01 ? '< 0.01 %' : `${p.toFixed(2)} %`;
  return `${p.toFixed(1)} %`;
};

/** White space made visible, for a token shown on its own. */
const visible = (text) => (text === '' ? '∅' : text.replace(/ /g, '·').replace(/\n/g, '⏎').replace(/\t/g, '⇥'));

export class TokenView {
  #tokens = [];
  #spans = [];
  #current = -1;

  constructor() {
    this.element = h('div', {
      class: 'tokens',
      tabindex: '0',
      role: 'group',
      'aria-label': 'Tokens of the answer. Move with the left and right arrow keys.',
      onpointerover: (event) => this.#show(this.#spans.indexOf(event.target)),
      onpointerleave: () => this.#show(-1),
      onclick: (event) => this.#show(this.#spans.indexOf(event.target)),
      onblur: () => this.#show(-1),
      onkeydown: (event) => this.#move(event),
    });
  }

  /** Shows the tokens; those shown before stay. */
  set(tokens) {
    const texts = tokenTexts(tokens);
    const from = this.#spans.length;
    for (let i = from; i < tokens.length; i++) {
      this.#spans.push(h('span', { class: `token p${surprise(tokens[i].p)}` }, texts[i]));
    }
    this.element.append(...this.#spans.slice(from));
    this.#tokens = tokens;
  }

  #move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === 'Escape' && this.#current >= 0) {
      event.stopPropagation();
      return this.#show(-1);
    }
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#show(Math.max(0, Math.min(this.#spans.length - 1, this.#current + step)));
    this.#spans[this.#current]?.scrollIntoView({ block: 'nearest' });
  }

  #show(index) {
    this.#spans[this.#current]?.classList.remove('current');
    this.#current = index;
    const span = this.#spans[index];
    if (!span) return hideToken();
    span.classList.add('current');
    showToken(this.#tokens[index], span.getClientRects()[0] ?? span.getBoundingClientRect());
  }
}

/** Shows the probabilities of a token beside a rectangle of the window. */
export function showToken(token, rectangle) {
  const chosen = [token.t, token.p];
  const others = token.top.filter(([text]) => text !== token.t);
  const listed = [chosen, ...others].sort((a, b) => b[1] - a[1]);
  card.replaceChildren(
    h('div', { class: 'token-head' }, h('code', {}, visible(token.t)), h('strong', {}, percent(token.p))),
    h('table', {}, h('tbody', {}, listed.map(([text, logprob]) => {
      const bar = h('meter', { min: 0, max: 1, 'aria-hidden': 'true' });
      bar.value = Math.exp(logprob);
      return h('tr', { class: text === token.t ? 'chosen' : null },
        h('td', {}, h('code', {}, visible(text))), h('td', {}, bar), h('td', { class: 'number' }, percent(logprob)));
    }))),
  );
  card.hidden = false;
  const { width, height } = card.getBoundingClientRect();
  const below = rectangle.bottom + 8 + height < innerHeight;
  card.style.left = `${Math.max(8, Math.min(rectangle.left, innerWidth - width - 8))}px`;
  card.style.top = `${below ? rectangle.bottom + 8 : Math.max(8, rectangle.top - height - 8)}px`;
}

export function hideToken() {
  card.hidden = true;
}

addEventListener('scroll', hideToken, { capture: true, passive: true });
