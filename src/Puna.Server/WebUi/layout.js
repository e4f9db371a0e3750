// What is open beside the conversation, and the theme. On narrow screens list and panel lie over it, one at a time.

import { byId } from './dom.js';
import { icon } from './icons.js';

const themes = [['system', 'System theme'], ['light', 'Light theme'], ['dark', 'Dark theme']];
const themeIcons = { system: 'system', light: 'sun', dark: 'moon' };

export class Layout {
  #narrow = matchMedia('(max-width: 860px)');
  #overlay = matchMedia('(max-width: 1180px)'); // the panel has no room of its own

  constructor() {
    this.sidebar = byId('sidebar');
    this.panel = byId('panel');
    this.backdrop = byId('backdrop');
    const glyphs = { 'sidebar-open': 'sidebar', 'sidebar-close': 'sidebar', 'panel-toggle': 'sliders', import: 'download', server: 'server', help: 'keyboard', latest: 'latest', send: 'send' };
    for (const [id, name] of Object.entries(glyphs)) byId(id).replaceChildren(icon(name));
    byId('new-chat').append(icon('plus'), 'New conversation');
    byId('sidebar-open').addEventListener('click', () => this.openList(true));
    byId('sidebar-close').addEventListener('click', () => this.#setList(false, true));
    byId('theme').addEventListener('click', () => this.nextTheme());
    this.backdrop.addEventListener('click', () => this.closeTop());
    this.#narrow.addEventListener('change', () => this.#setList(!this.#narrow.matches));
    this.#overlay.addEventListener('change', () => this.#update());
    this.#setList(!this.#narrow.matches && localStorage.getItem('puna.list') !== 'closed');
    this.#showTheme();
  }

  get listOpen() {
    return document.body.classList.contains('list-open');
  }

  get panelOpen() {
    return !this.panel.hidden;
  }

  openList(focus = false) {
    this.#setList(true);
    if (focus) byId('sidebar-close').focus();
  }

  /** Takes the list away where it lies over the conversation. */
  closeList() {
    if (this.#narrow.matches) this.#setList(false);
  }

  toggleList() {
    this.#setList(!this.listOpen, true);
  }

  openPanel() {
    this.panel.hidden = false;
    if (this.#narrow.matches) document.body.classList.remove('list-open');
    this.#update();
  }

  closePanel() {
    const inside = this.panel.contains(document.activeElement);
    this.panel.hidden = true;
    this.#update();
    if (inside || document.activeElement === document.body) byId('panel-toggle').focus();
  }

  /** True when it is open afterwards. */
  togglePanel() {
    if (this.panelOpen) this.closePanel();
    else this.openPanel();
    return this.panelOpen;
  }

  /** Closes what lies over the conversation, or the panel when the focus is in it; true when there was something. */
  closeTop() {
    if (this.#narrow.matches && this.listOpen) this.#setList(false, true);
    else if (this.panelOpen && (this.#overlay.matches || this.panel.contains(document.activeElement))) this.closePanel();
    else return false;
    return true;
  }

  nextTheme() {
    const names = themes.map(([name]) => name);
    const next = names[(names.indexOf(this.#theme) + 1) % names.length];
    if (next === 'system') {
      localStorage.removeItem('puna.theme');
      delete document.documentElement.dataset.theme;
    } else {
      localStorage.setItem('puna.theme', next);
      document.documentElement.dataset.theme = next;
    }
    this.#showTheme();
  }

  get #theme() {
    return document.documentElement.dataset.theme ?? 'system';
  }

  #showTheme() {
    const button = byId('theme');
    const [, label] = themes.find(([name]) => name === this.#theme);
    button.replaceChildren(icon(themeIcons[this.#theme]));
    button.setAttribute('aria-label', label);
    button.title = `${label} (Alt+T)`;
  }

  #setList(open, chosen = false) {
    document.body.classList.toggle('list-open', open);
    if (chosen && !this.#narrow.matches) localStorage.setItem('puna.list', open ? 'open' : 'closed');
    if (open && this.#narrow.matches) this.panel.hidden = true;
    this.#update();
    if (chosen) (open ? byId('sidebar-close') : byId('sidebar-open')).focus(); // not before it can have the focus
  }

  #update() {
    const listOver = this.#narrow.matches && this.listOpen;
    const panelOver = this.#overlay.matches && this.panelOpen;
    this.backdrop.hidden = !(listOver || panelOver);
    document.querySelector('.workspace').inert = listOver || panelOver;
    this.sidebar.inert = !this.listOpen || (panelOver && this.#narrow.matches);
    byId('sidebar-open').setAttribute('aria-expanded', String(this.listOpen));
    byId('panel-toggle').setAttribute('aria-expanded', String(this.panelOpen));
  }
}
