// The messages shown, in order, and where the page is scrolled to.

import { byId, h } from '../dom.js';
import { MessageView } from './message.js';

export class Thread {
  #views = new Map();
  #conversation = null;
  #pinned = true; // the end stays in view while text arrives
  #follow = new AbortController();

  constructor(actions, welcome) {
    this.actions = actions;
    this.welcome = welcome;
    this.element = byId('thread');
    this.scroller = byId('scroller');
    this.latest = byId('latest');
    this.announcer = byId('announcer');
    this.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.element.addEventListener('grown', () => this.#keepEnd());
    this.latest.addEventListener('click', () => this.toEnd());
    new ResizeObserver(() => this.#keepEnd()).observe(this.scroller);
  }

  /** Shows a conversation and follows its changes. */
  show(conversation) {
    this.#follow.abort();
    this.#follow = new AbortController();
    const { signal } = this.#follow;
    this.#conversation = conversation;
    this.#views.clear();
    this.element.replaceChildren();
    this.announcer.replaceChildren();
    conversation.addEventListener('path', () => this.#reconcile(), { signal });
    conversation.addEventListener('node', ({ detail: node }) => {
      const view = this.#views.get(node.id);
      view?.update();
      if (view && node.state !== 'streaming') setTimeout(() => this.#announceEnd(node), 150); // after its last blocks are shown
    }, { signal });
    this.#reconcile();
    this.toEnd();
  }

  view(id) {
    return this.#views.get(id);
  }

  /** The message that has the focus, or the last one. */
  focused() {
    const element = document.activeElement?.closest?.('.message');
    return element ? this.#views.get(element.dataset.id) : null;
  }

  /** Moves the focus to the message `step` places on. */
  moveFocus(step) {
    const all = [...this.element.querySelectorAll('.message')];
    const at = all.indexOf(document.activeElement?.closest?.('.message'));
    const next = at < 0 ? all.at(step < 0 ? -1 : 0) : all[at + step];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  }

  toEnd() {
    this.#pinned = true;
    this.#keepEnd();
  }

  #reconcile() {
    const path = this.#conversation.path();
    if (!path.length) {
      this.#views.clear();
      return this.element.replaceChildren(this.welcome());
    }
    const shown = new Map();
    path.forEach((node, i) => {
      if (node.role === 'tool') return;
      const view = this.#views.get(node.id) ?? new MessageView(this.#conversation, node, this.actions, (n, text) => this.#announce(n, text));
      if (node.role === 'assistant') view.resultNode = path[i + 1]?.role === 'tool' ? path[i + 1] : null;
      view.update();
      shown.set(node.id, view);
    });
    this.#views = shown;
    const elements = [...shown.values()].map((view) => view.element);
    // Only what differs is touched, so that focus and selection in the messages that stay are kept.
    let same = 0;
    while (same < elements.length && this.element.children[same] === elements[same]) same++;
    while (this.element.children.length > same) this.element.lastElementChild.remove();
    this.element.append(...elements.slice(same));
    this.#keepEnd();
  }

  /** Whole blocks are read out as they are finished; single words would talk over the reader. */
  #announce(node, text) {
    if (node.state === 'streaming' && text.trim()) this.announcer.append(h('p', {}, text));
  }

  #announceEnd(node) {
    if (this.announcer.dataset.ended === `${node.id} ${node.state}`) return;
    this.announcer.dataset.ended = `${node.id} ${node.state}`;
    const said = this.announcer.childElementCount;
    const rest = [...(this.#views.get(node.id)?.body.children ?? [])].slice(said).map((block) => block.textContent).join('\n');
    const words = { failed: node.error?.message ?? 'Failed', stopped: 'Stopped' }[node.state] ?? '';
    this.announcer.append(h('p', {}, `${rest} ${words}`.trim() || 'The answer is complete'));
    setTimeout(() => this.announcer.replaceChildren(), 5000);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#pinned = scrollHeight - scrollTop - clientHeight < 48;
    this.latest.hidden = this.#pinned;
  }

  #keepEnd() {
    if (this.#pinned) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#scrolled();
  }
}
