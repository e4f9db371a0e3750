// One message on the page. It is made once and then only updated, at most once a frame while text arrives.

import { copyText, h } from '../dom.js';
import { icon } from '../icons.js';
import { CodeView } from '../markdown/render.js';
import { MarkdownStream } from '../markdown/stream.js';
import { renderCalls } from './calls.js';
import { showOnHover } from './hover.js';
import { renderNotice } from './notice.js';
import { renderSafety } from './safety.js';
import { TokenView } from './tokens.js';

export class MessageView {
  #frame = 0;
  #cost = 0;
  #next = 0;
  #resultNode = null;
  #editingResults = false;
  #noticeOf = '';
  #safetyOf;
  #callsOf = '';
  #footOf = '';

  /**
   * `conversation` owns `node`; `actions` are what the buttons do; `onblock(text)` hears each finished block of a
   * streaming answer.
   */
  constructor(conversation, node, actions, onblock) {
    Object.assign(this, { conversation, node, actions, onblock });
    const user = node.role === 'user';
    this.body = h('div', { class: user ? 'bubble' : 'body' });
    this.foot = h('footer', { class: 'foot' });
    this.element = h('article', {
      class: `message ${node.role}`,
      tabindex: '-1',
      'data-id': node.id,
      'aria-label': user ? 'You' : 'Answer',
    }, h('h2', { class: 'sr-only' }, user ? 'You' : 'Answer'));
    if (user) {
      this.body.textContent = node.content;
      this.element.append(this.body, this.foot);
      this.#renderFoot();
      return;
    }
    this.thoughts = h('details', { class: 'thoughts', hidden: true }, h('summary', {}, 'Reasoning'), h('div', { class: 'thoughts-text' }));
    this.calls = h('div', { class: 'calls' });
    this.notice = h('div', {});
    this.safety = h('div', {});
    this.element.append(this.thoughts, this.body, this.calls, this.notice, this.safety, this.foot);
    showOnHover(this.body, () => (this.showsTokens ? null : { text: node.content, tokens: conversation.tokens.get(node.id) }));
    this.#render();
  }

  get showsTokens() {
    return this.tokenView !== undefined && this.tokenView !== null;
  }

  /** The message with the results of this answer's tool calls, when there is one. */
  set resultNode(node) {
    if (this.#resultNode === node) return;
    this.#resultNode = node;
    this.#editingResults = false;
    this.#callsOf = '';
    this.update();
  }

  /** Shows the message's present state with the next frame; later, when a frame has proved expensive. */
  update() {
    if (this.node.role === 'user') return this.#renderFoot();
    if (this.#frame) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.node.state === 'streaming' && now < this.#next) return this.update();
      const began = performance.now();
      this.#render();
      this.#cost = performance.now() - began;
      this.#next = now + (this.#cost > 6 ? this.#cost * 4 : 0);
      this.element.dispatchEvent(new Event('grown', { bubbles: true }));
    });
  }

  /** Switches between the formatted answer and its tokens. */
  toggleTokens() {
    if (!this.node.hasTokens) return;
    this.body.replaceChildren();
    this.markdown = null;
    this.code = null;
    this.tokenView = this.showsTokens ? null : new TokenView();
    if (this.tokenView) this.body.append(this.tokenView.element);
    this.#render();
  }

  /** Puts a text field in the place of the message. */
  edit() {
    if (this.node.state === 'streaming' || this.element.classList.contains('editing')) return;
    const user = this.node.role === 'user';
    const field = h('textarea', { 'aria-label': user ? 'Edit your message' : 'Edit the answer', rows: 3 });
    field.value = this.node.content;
    const close = () => {
      this.element.classList.remove('editing');
      form.remove();
      this.element.focus();
    };
    const save = () => {
      if (!field.value.trim()) return;
      const text = field.value;
      close();
      if (text !== this.node.content || user) this.actions.edit(this.node, text);
    };
    const form = h('form', {
      class: 'edit',
      onsubmit: (event) => (event.preventDefault(), save()),
      onkeydown: (event) => {
        if (event.key === 'Escape') (event.stopPropagation(), close());
        if (event.key === 'Enter' && (user ? !event.shiftKey : event.ctrlKey || event.metaKey) && !event.isComposing) (event.preventDefault(), save());
      },
    }, field, h('div', { class: 'edit-actions' },
      h('button', { type: 'button', class: 'secondary small', onclick: close }, 'Cancel'),
      h('button', { type: 'submit', class: 'primary small' }, user ? 'Send as a new branch' : 'Keep as a new branch')));
    this.element.classList.add('editing');
    this.element.firstChild.after(form);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  #render() {
    const { node } = this;
    const streaming = node.state === 'streaming';
    this.element.classList.toggle('streaming', streaming);
    this.element.setAttribute('aria-busy', String(streaming));
    if (node.reasoning) {
      this.thoughts.hidden = false;
      this.thoughts.lastChild.textContent = node.reasoning;
    }
    this.#renderBody(streaming);
    this.#renderCalls();
    this.#renderNotice();
    if (node.safety !== this.#safetyOf) this.safety.replaceChildren((this.#safetyOf = node.safety) ? renderSafety(node.safety) : '');
    this.#renderFoot();
  }

  #renderBody(streaming) {
    const { node } = this;
    const waiting = streaming && !node.content && !node.toolCalls?.length;
    this.body.classList.toggle('waiting', waiting);
    if (this.showsTokens) return this.tokenView.set(this.conversation.tokens.get(node.id) ?? []);
    if (node.json) {
      if (!node.content) return undefined;
      if (!this.code) {
        this.code = new CodeView({ lang: 'json', text: node.content });
        this.body.append(this.code.element);
      } else this.code.update(node.content);
      return undefined;
    }
    this.markdown ??= new MarkdownStream(this.body, (block) => this.onblock?.(this.node, block.textContent));
    return this.markdown.set(node.content, !streaming);
  }

  #renderCalls() {
    const { node } = this;
    if (!node.toolCalls?.length) return;
    const given = this.#resultNode;
    const editing = !given || this.#editingResults;
    const key = JSON.stringify([node.toolCalls, node.state, given?.id, editing]);
    if (key === this.#callsOf) return; // keeps what is being typed
    this.#callsOf = key;
    this.calls.replaceChildren(...renderCalls(node, {
      results: given?.results ?? null,
      editing,
      submit: (results) => this.actions.giveResults(node, results),
      edit: () => {
        this.#editingResults = true;
        this.#renderCalls();
        this.calls.querySelector('textarea')?.focus();
      },
    }));
    if (given) this.calls.lastChild.append(this.#branches(given, 'results') ?? '');
  }

  #renderNotice() {
    const { node } = this;
    const key = JSON.stringify([node.state, node.error, node.finish, !!node.content]);
    if (key === this.#noticeOf) return;
    this.#noticeOf = key;
    this.notice.replaceChildren(renderNotice(node, this.actions) ?? '');
  }

  #renderFoot() {
    const { node } = this;
    const siblings = this.conversation.siblings(node);
    const statistics = node.role === 'user' ? '' : describe(node, this.conversation.model);
    const key = `${siblings.length} ${siblings.indexOf(node)} ${node.state} ${node.hasTokens} ${this.showsTokens} ${!node.content}`;
    if (key !== this.#footOf) {
      this.#footOf = key;
      const focused = this.foot.contains(document.activeElement) ? document.activeElement.dataset.action : null;
      this.statistics = h('span', { class: 'statistics' });
      this.foot.replaceChildren(h('div', { class: 'actions' }, this.#branches(node, 'message') ?? '', ...this.#buttons()), this.statistics);
      if (focused) this.foot.querySelector(`[data-action="${focused}"]`)?.focus();
    }
    if (this.statistics.textContent !== statistics) this.statistics.textContent = statistics;
  }

  #buttons() {
    const { node, actions } = this;
    if (node.state === 'streaming') return [];
    const button = (action, name, label, onclick, more = {}) =>
      h('button', { type: 'button', class: 'quiet icon-only', 'data-action': action, 'aria-label': label, title: label, onclick, ...more }, icon(name));
    const copy = button('copy', 'copy', 'Copy (C)', async (event) => {
      const target = event.currentTarget;
      actions.copied(target, await copyText(node.content));
    });
    const edit = button('edit', 'edit', 'Edit (E)', () => this.edit());
    if (node.role === 'user') return [copy, edit];
    return [
      ...(node.content ? [copy, edit] : []),
      button('again', 'refresh', 'Regenerate (R)', () => actions.regenerate(node)),
      node.hasTokens ? button('tokens', 'bars', 'Token probabilities (T)', () => this.toggleTokens(), { 'aria-pressed': String(this.showsTokens) }) : '',
    ];
  }

  /** "2 of 3" with arrows, where a message has siblings. */
  #branches(node, what) {
    const siblings = this.conversation.siblings(node);
    if (siblings.length < 2) return null;
    const at = siblings.indexOf(node);
    const arrow = (name, label, step, action) =>
      h('button', { type: 'button', class: 'quiet icon-only', 'data-action': action, 'aria-label': label, title: label, disabled: !siblings[at + step], onclick: () => this.actions.step(node, step) }, icon(name));
    return h('div', { class: 'branches', role: 'group', 'aria-label': `Branches of this ${what}` },
      arrow('left', 'Previous branch (←)', -1, `previous-${what}`), h('span', {}, `${at + 1} / ${siblings.length}`), arrow('right', 'Next branch (→)', 1, `next-${what}`));
  }
}

function describe({ usage, timing, model, state }, chosen) {
  const streaming = state === 'streaming';
  const number = (value) => value.toLocaleString('en');
  const parts = [];
  if (model && model !== chosen && !streaming) parts.push(model);
  if (usage) {
    parts.push(`${number(usage.prompt)} prompt tokens${usage.cached ? ` (${number(usage.cached)} cached)` : ''}`);
    parts.push(`${number(usage.completion)} written`);
  } else if (timing && !streaming) parts.push(`about ${number(timing.tokens)} tokens`);
  if (timing?.rate) parts.push(`${timing.rate.toFixed(timing.rate < 10 ? 1 : 0)} tokens/s`);
  if (timing && !streaming) parts.push(`first in ${(timing.firstToken / 1000).toFixed(2)} s`);
  return parts.map((part) => part.replaceAll(' ', '\u00a0')).join(' · '); // lines break between facts only
}
