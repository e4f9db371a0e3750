// The page: brings the conversation, its messages, the field, the panels and the server together.

import { apiKey, health, listModels } from './api/client.js';
import { Answers } from './chat/answers.js';
import { Composer } from './chat/composer.js';
import { panelOf } from './chat/notice.js';
import { Thread } from './chat/thread.js';
import { renderWelcome } from './chat/welcome.js';
import { byId, copyText } from './dom.js';
import { icon } from './icons.js';
import { Layout } from './layout.js';
import { ROOT } from './model/conversation.js';
import { Library } from './model/library.js';
import { SettingsError } from './model/settings.js';
import { ConversationList } from './panels/conversations.js';
import { openHelp, openServer, toast } from './panels/dialogs.js';
import { exampleSchema } from './panels/output.js';
import { ModelPicker } from './panels/models.js';
import { SettingsPanel } from './panels/panel.js';
import { exampleTools } from './panels/tools.js';
import { openTransferOf } from './panels/transfer.js';
import { listen } from './shortcuts.js';

export class App {
  #watched = new WeakSet();

  async start() {
    this.library = new Library();
    await this.library.load();
    this.answers = new Answers(this.library);
    this.layout = new Layout();
    this.models = new ModelPicker({ listModels, health }, (model) => this.#useModel(model));
    this.thread = new Thread(this.#messageActions(), () => renderWelcome({ example: (name) => this.#example(name) }));
    this.composer = new Composer({
      send: (text) => this.#send(text),
      stop: () => this.answers.stop(this.answers.of(this.conversation)),
      editLast: () => this.#editLast(),
      openPanel: (name) => this.#openPanel(name),
      typed: (text) => this.conversation && (this.conversation.draft = text),
    });
    this.panel = new SettingsPanel({
      onchange: (patch) => this.#changeSettings(patch),
      onclose: () => this.layout.closePanel(),
      onkeep: () => {
        this.library.keepDefaults(this.conversation.settings);
        toast('New conversations start with these settings');
      },
    });
    this.list = new ConversationList(
      this.library,
      { open: (id) => this.#open(id), remove: (id) => this.#remove(id) },
      (id) => [...this.answers.conversations()].some((conversation) => conversation.id === id),
    );
    this.#listen();
    const wanted = location.hash.slice(1);
    if (wanted && this.library.has(wanted)) await this.library.open(wanted);
    else this.library.create();
    this.composer.focus();
    this.models.load();
  }

  get conversation() {
    return this.library.current;
  }

  #listen() {
    this.library.addEventListener('open', () => this.#show());
    this.library.addEventListener('list', () => this.#showTitle());
    this.library.addEventListener('storage', ({ detail }) => toast(`The browser could not keep this conversation: ${detail}`));
    this.answers.addEventListener('busy', () => this.#busy());
    addEventListener('hashchange', () => {
      const id = location.hash.slice(1);
      if (id && id !== this.conversation.id && this.library.has(id)) this.library.open(id);
    });
    byId('new-chat').addEventListener('click', () => this.#new());
    byId('panel-toggle').addEventListener('click', () => this.#togglePanel());
    byId('help').addEventListener('click', openHelp);
    byId('server').addEventListener('click', () => this.#openServer());
    byId('import').addEventListener('click', () => openTransferOf(this.library));
    document.addEventListener('click', async ({ target }) => {
      const button = target.closest?.('[data-copy="code"]');
      if (button) this.#copied(button, await copyText(button.closest('.code').querySelector('code').textContent));
    });
    const focused = (act) => () => {
      const view = this.thread.focused();
      return view ? act(view) : false;
    };
    listen({
      newChat: () => this.#new(),
      search: () => {
        this.layout.openList();
        this.list.search.focus();
        this.list.search.select();
      },
      toggleList: () => this.layout.toggleList(),
      togglePanel: () => this.#togglePanel(),
      theme: () => this.layout.nextTheme(),
      help: openHelp,
      previousMessage: () => this.thread.moveFocus(-1),
      nextMessage: () => this.thread.moveFocus(1),
      escape: () => this.layout.closeTop() || this.#escape(),
      focusPrompt: () => this.composer.focus(),
      copy: focused(async (view) => toast((await copyText(view.node.content)) ? 'Copied' : 'The browser did not allow copying')),
      edit: focused((view) => view.edit()),
      regenerate: focused((view) => view.node.role === 'assistant' && view.node.state !== 'streaming' && this.#regenerate(view.node)),
      tokens: focused((view) => view.toggleTokens?.()),
      previousBranch: focused((view) => this.#step(view.node, -1)),
      nextBranch: focused((view) => this.#step(view.node, 1)),
    });
  }

  #messageActions() {
    return {
      edit: (node, text) => {
        this.answers.stop(this.answers.of(this.conversation));
        if (node.role === 'user') return this.#attempt(() => this.#ask(node.parent, text));
        const { model, json } = node;
        return this.conversation.add(node.parent, { role: 'assistant', content: text, model, json, state: 'done', finish: 'edited' });
      },
      regenerate: (node) => this.#regenerate(node),
      retry: (node) => this.#regenerate(node),
      resume: (node) => this.#attempt(() => this.answers.resume(this.conversation, node)),
      step: (node, step) => this.#step(node, step),
      giveResults: (node, results) => this.#attempt(() => {
        const given = this.conversation.add(node.id, { role: 'tool', results });
        this.answers.start(this.conversation, given.id);
      }),
      openPanel: (name) => this.#openPanel(name),
      copied: (button, ok) => this.#copied(button, ok),
      useKey: (key, remember, node) => {
        apiKey.set(key, remember);
        this.models.load();
        this.#regenerate(node);
      },
    };
  }

  #send(text) {
    if (this.answers.of(this.conversation)) return false;
    return this.#attempt(() => this.#ask(this.conversation.leaf?.id ?? ROOT, text));
  }

  /** Adds a message of the user and starts the answer. */
  #ask(parent, text) {
    this.conversation.model = this.models.selected || this.conversation.model;
    // The request is built first: a setting that cannot be sent must not leave a message without an answer.
    this.answers.check(this.conversation);
    const message = this.conversation.add(parent, { role: 'user', content: text });
    history.replaceState(null, '', `#${this.conversation.id}`);
    this.answers.start(this.conversation, message.id);
    this.thread.toEnd();
  }

  #regenerate(node) {
    if (this.answers.of(this.conversation)) return;
    this.conversation.model = this.models.selected || this.conversation.model;
    this.#attempt(() => this.answers.start(this.conversation, node.parent));
    this.thread.toEnd();
  }

  /** Does something that needs valid settings; when they are not, shows which. */
  #attempt(act) {
    try {
      act();
      this.composer.problem(null);
      return true;
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      this.composer.problem(`Not sent. ${error.message}`);
      this.#openPanel(error.panel, error.field);
      return false;
    }
  }

  #step(node, step) {
    const next = this.answers.of(this.conversation) ? null : this.conversation.step(node, step);
    if (next) this.thread.view(next.id)?.element.focus({ preventScroll: true });
  }

  #editLast() {
    const last = this.conversation.path().findLast((node) => node.role === 'user');
    if (last) this.thread.view(last.id).edit();
  }

  #escape() {
    const running = this.answers.of(this.conversation);
    if (running) this.answers.stop(running);
    else if (document.activeElement !== this.composer.field) this.composer.focus();
    else return false;
    return true;
  }

  #new() {
    if (!this.conversation.isEmpty) this.library.create();
    this.layout.closeList();
    this.composer.focus();
  }

  async #open(id) {
    await this.library.open(id);
    this.layout.closeList();
    this.composer.focus();
  }

  async #remove(id) {
    for (const conversation of this.answers.conversations()) {
      if (conversation.id === id) this.answers.stop(this.answers.of(conversation));
    }
    const undo = await this.library.remove(id);
    toast('Conversation deleted', undo);
  }

  #show() {
    const { conversation } = this;
    history.replaceState(null, '', conversation.isEmpty ? location.pathname : `#${conversation.id}`);
    this.thread.show(conversation);
    this.panel.show(conversation.settings);
    this.models.show(conversation.model);
    this.composer.text = conversation.draft ?? '';
    this.composer.showSettings(conversation.settings);
    this.#showTitle();
    this.#busy();
    if (this.#watched.has(conversation)) return;
    this.#watched.add(conversation);
    conversation.addEventListener('node', ({ detail: node }) => {
      const { error } = node;
      if (node.state === 'failed' && conversation === this.conversation && panelOf(error.param)) this.panel.problem(error.param, error.message);
    });
  }

  #showTitle() {
    const title = this.conversation?.title || 'New conversation';
    byId('title').textContent = title;
    document.title = this.conversation?.title ? `${title} · Puna` : 'Puna';
  }

  #busy() {
    this.composer.busy = this.answers.of(this.conversation) !== null;
    const usage = this.conversation.path().findLast((node) => node.usage)?.usage;
    this.composer.showContext(usage ? usage.prompt + usage.completion : 0, this.models.context);
    this.list?.render();
  }

  #useModel(model) {
    this.conversation.model = model;
    localStorage.setItem('puna.model', model);
    if (!this.conversation.isEmpty) this.conversation.touch();
  }

  #changeSettings(patch) {
    Object.assign(this.conversation.settings, patch);
    this.composer.showSettings(this.conversation.settings);
    if (!this.conversation.isEmpty) this.conversation.touch();
  }

  #example(name) {
    const { settings } = this.conversation;
    const [patch, text, panel] = {
      probabilities: [{ logprobs: true }, 'Name one bird of Hawaiʻi and say where it lives.', 'prompt'],
      schema: [{ format: 'json_schema', schema: exampleSchema }, 'Describe one bird of Hawaiʻi.', 'output'],
      tools: [{ tools: exampleTools }, 'What is the weather in Hilo right now?', 'tools'],
    }[name];
    Object.assign(settings, patch);
    this.panel.show(settings);
    this.#changeSettings({});
    this.composer.text = text;
    this.panel.select(panel);
    this.composer.focus();
  }

  #openPanel(name, field) {
    this.layout.openPanel();
    this.panel.select(name);
    if (field && name === 'prompt') this.panel.prompt.focus(field);
    else if (field && name === 'output') this.panel.output.json.field.focus();
    else if (field === 'tools') this.panel.tools.json.field.focus();
    else this.panel.focus();
  }

  #togglePanel() {
    if (this.layout.togglePanel()) this.panel.focus();
  }

  #openServer() {
    openServer(this.models.state, this.models.names, () => this.models.load());
  }

  #copied(button, ok) {
    if (!ok) return toast('The browser did not allow copying');
    const before = button.querySelector('.icon');
    const tick = icon('check');
    before.replaceWith(tick);
    return setTimeout(() => tick.replaceWith(before), 1500);
  }
}
