// The server this page came from: its models, its health, its chat completions.

import { eventData } from './sse.js';

const root = new URL('../../', import.meta.url); // the page's folder: /ui/api/client.js -> /

/** The host shown to the user when something about the connection is said. */
export const host = root.host;

/**
 * What went wrong. `message` is the server's own sentence where there is one.
 * kind: 'server' (an answer that is an error), 'network' (no answer), 'dropped' (the answer broke off).
 */
export class ApiError extends Error {
  constructor(kind, message, { status = 0, type = null, code = null, param = null, retryAfter = null } = {}) {
    super(message);
    Object.assign(this, { kind, status, type, code, param, retryAfter });
  }
}

/** The API key: kept for the tab, or in this browser when the user says so. */
export const apiKey = {
  get: () => sessionStorage.getItem('puna.key') ?? localStorage.getItem('puna.key') ?? '',
  get remembered() {
    return localStorage.getItem('puna.key') !== null;
  },
  set(key, remember) {
    sessionStorage.removeItem('puna.key');
    localStorage.removeItem('puna.key');
    if (key) (remember ? localStorage : sessionStorage).setItem('puna.key', key);
  },
};

/** [{id, context}] in the server's order; context in tokens, null where the server does not tell. Throws ApiError. */
export async function listModels() {
  const response = await send('v1/models', {});
  const list = await response.json();
  return (list.data ?? []).map((model) => ({ id: model.id, context: model.context_length ?? model.max_model_len ?? null }));
}

/** 'ready', 'loading' (the server says so), or 'unreachable', with the server's words if it said any. */
export async function health() {
  try {
    const response = await fetch(new URL('health', root), { cache: 'no-store', signal: AbortSignal.timeout(8000) });
    if (response.ok) return { state: 'ready', message: '' };
    return { state: response.status === 503 ? 'loading' : 'failing', message: (await errorOf(response)).message };
  } catch {
    return { state: 'unreachable', message: '' };
  }
}

/**
 * Streams a chat completion: yields the chunks as the server sends them, and returns when it has said that it is done.
 * Throws ApiError; an AbortError passes through as it is.
 */
export async function* streamChat(body, signal) {
  const response = await send('v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
    signal,
  });
  if (!(response.headers.get('Content-Type') ?? '').startsWith('text/event-stream')) {
    yield asChunk(await response.json());
    return;
  }

  let finished = false;
  try {
    for await (const data of eventData(response.body)) {
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data);
      if (chunk.error) throw serverError(response.status, chunk, response.headers);
      if (chunk.choices?.[0]?.finish_reason) finished = true;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ApiError || error.name === 'AbortError') throw error;
    throw new ApiError('dropped', `The connection to ${host} broke off.`);
  }
  if (!finished) throw new ApiError('dropped', `The connection to ${host} closed before the answer was complete.`);
}

async function send(path, init) {
  const headers = { ...init.headers };
  const key = apiKey.get();
  if (key) headers.Authorization = `Bearer ${key}`;
  let response;
  try {
    response = await fetch(new URL(path, root), { ...init, headers, cache: 'no-store' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError('network', `${host} cannot be reached. Is the server running?`);
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response) {
  const text = await response.text().catch(() => '');
  let parsed = null;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not JSON: a proxy or a bare status. The text itself is shown.
  }
  return serverError(response.status, parsed ?? { error: { message: plain(text) } }, response.headers, response.statusText);
}

function serverError(status, parsed, headers, statusText = '') {
  const error = typeof parsed.error === 'string' ? { message: parsed.error } : (parsed.error ?? parsed);
  const message = error.message || parsed.detail || parsed.status || `${status} ${statusText}`.trim();
  return new ApiError('server', String(message), {
    status,
    type: error.type ?? null,
    code: error.code ?? null,
    param: error.param ?? null,
    retryAfter: Number(headers.get('Retry-After')) || null,
  });
}

/** A proxy's error page without its markup, cut to a length one can read. */
function plain(text) {
  if (!text.trimStart().startsWith('<')) return text.trim().slice(0, 1000);
  return text.replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 300);
}

/** A whole completion, from a server that does not stream, in the shape of a chunk. */
function asChunk(completion) {
  const [choice] = completion.choices ?? [];
  const delta = choice?.message ?? {};
  const toolCalls = delta.tool_calls?.map((call, index) => ({ index, ...call }));
  return { ...completion, choices: choice ? [{ ...choice, delta: { ...delta, tool_calls: toolCalls } }] : [] };
}
