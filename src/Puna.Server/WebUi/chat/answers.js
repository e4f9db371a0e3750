// Answers being written: starts a request, adds what streams in to its message, and ends it one way or another.

import { ApiError, streamChat } from '../api/client.js';
import { buildMessages, buildRequest } from '../model/settings.js';
import { throttle } from '../dom.js';

const askToGoOn = 'Your last answer was cut off. Continue it exactly where it stopped, without repeating anything and without any remark.';

/** Events: 'busy' (an answer began or ended). */
export class Answers extends EventTarget {
  #running = new Map(); // message id -> { conversation, abort }
  #refusesPrefill = false;

  constructor(library) {
    super();
    this.library = library;
  }

  /** The message being written in a conversation, or null. */
  of(conversation) {
    for (const [id, running] of this.#running) {
      if (running.conversation === conversation) return conversation.nodes.get(id);
    }
    return null;
  }

  /** The conversations in which an answer is being written. */
  conversations() {
    return [...this.#running.values()].map((running) => running.conversation);
  }

  /** Throws SettingsError when the conversation's settings cannot be sent. */
  check(conversation) {
    buildRequest(conversation.settings, conversation.model, []);
  }

  /** Writes a new answer below `parent`. Throws SettingsError, and then nothing was added. */
  start(conversation, parent) {
    const body = buildRequest(conversation.settings, conversation.model, conversation.pathTo(parent));
    const node = conversation.add(parent, {
      role: 'assistant',
      content: '',
      model: conversation.model,
      state: 'streaming',
      json: conversation.settings.format !== 'text',
    });
    this.#run(conversation, node, body);
    return node;
  }

  /** Goes on with an answer that ended early. Throws SettingsError. */
  resume(conversation, node) {
    const { settings, model } = conversation;
    const body = buildRequest(settings, model, conversation.pathTo(node.parent));
    const soFar = conversation.pathTo(node.id);
    if (!node.content) body.messages = buildMessages(settings.system, conversation.pathTo(node.parent));
    else if (this.#refusesPrefill) body.messages = [...buildMessages(settings.system, soFar), { role: 'user', content: askToGoOn }];
    else {
      body.messages = buildMessages(settings.system, soFar);
      Object.assign(body, { add_generation_prompt: false, continue_final_message: true });
    }
    Object.assign(node, { state: 'streaming', error: null, finish: null });
    conversation.changed(node);
    this.#run(conversation, node, body);
  }

  stop(node) {
    this.#running.get(node?.id)?.abort.abort();
  }

  async #run(conversation, node, body) {
    const abort = new AbortController();
    this.#running.set(node.id, { conversation, abort });
    this.dispatchEvent(new Event('busy'));
    const clock = { started: performance.now(), first: 0, last: 0, chunks: 0, before: node.usage?.completion ?? 0 };
    // Probabilities of a part only would stand beside the wrong words.
    clock.whole = !node.content || conversation.tokens.has(node.id);
    const keep = throttle(1500, () => conversation.touch());
    let again = false;
    try {
      for await (const chunk of streamChat(body, abort.signal)) {
        this.#take(conversation, node, chunk, clock);
        conversation.changed(node, false);
        keep();
      }
      node.state = 'done';
    } catch (error) {
      again = body.continue_final_message && error.status === 400 && /continue_final|generation_prompt/.test(`${error.param} ${error.message}`);
      if (error.name === 'AbortError') node.state = 'stopped';
      else {
        node.state = 'failed';
        node.error = describe(error);
      }
    }
    if (clock.first) node.timing = timing(clock, node.timing.tokens);
    keep.flush();
    this.#running.delete(node.id);
    if (again) {
      // This server does not continue a message itself: ask the model to.
      this.#refusesPrefill = true;
      return this.resume(conversation, node);
    }
    this.library.saveTokens(conversation, node.id);
    conversation.changed(node);
    this.dispatchEvent(new Event('busy'));
  }

  #take(conversation, node, chunk, clock) {
    if (chunk.model) node.model = chunk.model;
    const [choice] = chunk.choices ?? [];
    const delta = choice?.delta;
    if (delta) {
      const text = delta.content ?? '';
      const reasoning = delta.reasoning_content ?? delta.reasoning ?? '';
      node.content += text;
      if (reasoning) node.reasoning = (node.reasoning ?? '') + reasoning;
      if (delta.refusal) node.content += delta.refusal;
      for (const call of delta.tool_calls ?? []) addCall(node, call);
      if (text || reasoning || delta.tool_calls?.length) {
        clock.last = performance.now();
        clock.first ||= clock.last;
        clock.chunks++;
        node.timing = timing(clock, clock.chunks);
      }
    }
    const logprobs = choice?.logprobs?.content;
    if (logprobs?.length && clock.whole) {
      const tokens = conversation.tokens.get(node.id) ?? [];
      if (!tokens.length) conversation.tokens.set(node.id, tokens);
      tokens.push(...logprobs.map(compact));
      node.hasTokens = true;
    }
    if (choice?.finish_reason) node.finish = choice.finish_reason;
    if (choice?.safety) node.safety = choice.safety;
    // The server's own clock is not disturbed by the network.
    const rate = chunk.timings?.decode_per_second ?? chunk.timings?.predicted_per_second;
    if (rate) clock.rate = rate;
    if (chunk.usage) {
      const { prompt_tokens: prompt, completion_tokens: completion, prompt_tokens_details: details } = chunk.usage;
      node.usage = { prompt, completion: clock.before + completion, cached: details?.cached_tokens ?? 0 };
      if (clock.first) node.timing = timing(clock, completion);
    }
  }
}

/** Milliseconds to the first token, and tokens a second after it. */
function timing({ started, first, last, rate }, tokens) {
  const seconds = (last - first) / 1000;
  const measured = tokens > 1 && seconds > 0 ? (tokens - 1) / seconds : null;
  return { firstToken: Math.round(first - started), rate: rate ?? measured, tokens };
}

function addCall(node, delta) {
  node.toolCalls ??= [];
  const at = delta.index ?? node.toolCalls.length;
  const call = (node.toolCalls[at] ??= { id: '', name: '', arguments: '' });
  if (delta.id) call.id = delta.id;
  call.name += delta.function?.name ?? '';
  call.arguments += delta.function?.arguments ?? '';
}

const decoder = new TextDecoder();

/** {t: text, b: bytes where the text is not all of them, p: log-probability, top: [[text, log-probability]]}. */
function compact({ token, bytes, logprob, top_logprobs: top }) {
  const entry = { t: token, p: logprob, top: (top ?? []).map((other) => [other.token, other.logprob]) };
  if (bytes && decoder.decode(new Uint8Array(bytes)) !== token) entry.b = bytes;
  if (bytes && token.includes('\ufffd')) entry.b = bytes;
  return entry;
}

function describe(error) {
  if (error instanceof ApiError) {
    const { kind, message, status, param, code, retryAfter } = error;
    return { kind, message, status, param, code, retryAfter };
  }
  return { kind: 'page', message: `This page could not read the answer: ${error.message}` };
}
