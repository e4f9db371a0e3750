// A small server that speaks the page's part of the OpenAI API and answers as a test tells it to. No model, no disk.
// `node fake-server.js [PORT]` runs it by hand: it then answers by a word in the message (see demo.js).

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const pageFolder = fileURLToPath(new URL('../../src/Puna.Server/WebUi/', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
// The policy of the real server.
const policy = "default-src 'self'";

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Starts the server on a free port. `answer(body, reply, request)` handles a chat completion; assign another at any
 * time. `requests` are the bodies received, `aborted` counts answers whose client went away.
 */
export async function startFake({ port = 0, answer = (body, reply) => reply.text('Hello.') } = {}) {
  const fake = {
    answer,
    models: ['llama-4-scout', 'llama-3.2-1b'],
    key: null, // when set, requests need it
    health: 200,
    requests: [],
    aborted: 0,
  };
  const server = createServer((request, response) => {
    handle(fake, request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${server.address().port}/`;
  fake.close = () => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });
  return fake;
}

async function handle(fake, request, response) {
  const { pathname } = new URL(request.url, 'http://x');
  const json = (status, value, headers = {}) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
  const error = (status, message, more = {}, headers = {}) =>
    json(status, { error: { message, type: 'invalid_request_error', param: null, code: null, ...more } }, headers);

  if (pathname === '/' || pathname.startsWith('/ui/')) return sendFile(pathname, response);
  if (pathname === '/health') return json(fake.health, fake.health === 200 ? { status: 'ok' } : { status: 'loading model' });
  if (fake.key && request.headers.authorization !== `Bearer ${fake.key}`) {
    return error(401, 'This server needs an API key: send "Authorization: Bearer KEY".', { code: 'invalid_api_key' });
  }
  if (pathname === '/v1/models') return json(200, { object: 'list', data: fake.models.map((id) => ({ id, object: 'model' })) });
  if (pathname !== '/v1/chat/completions' || request.method !== 'POST') return error(404, `There is no ${pathname} here.`);

  let text = '';
  for await (const piece of request) text += piece;
  const body = JSON.parse(text);
  fake.requests.push(body);
  response.on('close', () => {
    if (!response.writableFinished) fake.aborted++;
  });
  return fake.answer(body, new Reply(body, response, error), request);
}

async function sendFile(pathname, response) {
  const name = pathname === '/' ? 'index.html' : pathname.slice('/ui/'.length);
  const file = path.join(pageFolder, path.normalize(name));
  const content = file.startsWith(pageFolder) ? await readFile(file).catch(() => null) : null;
  if (!content) {
    response.writeHead(404);
    return response.end('not found');
  }
  response.writeHead(200, { 'Content-Type': types[path.extname(file)], 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' });
  return response.end(content);
}

/** Ways to answer a chat completion. */
class Reply {
  constructor(body, response, error) {
    Object.assign(this, { body, response, error });
    this.count = 0;
  }

  get open() {
    return !this.response.destroyed;
  }

  /** Streams a text in pieces of about a word; `delay` ms before each, `probability(piece, n)` gives log-probabilities. */
  async text(text, options = {}) {
    await this.pieces(text.match(/\s*\S+|\s+$/g) ?? [], options);
    return this.finish(options);
  }

  async pieces(pieces, { delay = 0, every = 1 } = {}) {
    this.start();
    for (const [n, piece] of pieces.entries()) {
      if (!this.open) return;
      if (delay && n % every === 0) await wait(delay);
      this.chunk({ content: piece }, this.body.logprobs ? { content: [logprob(piece, n, this.body.top_logprobs ?? 0)] } : undefined);
    }
  }

  start() {
    if (this.response.headersSent) return;
    this.response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' });
    this.send({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] });
  }

  chunk(delta, logprobs) {
    this.start();
    this.count++;
    this.send({ choices: [{ index: 0, delta, finish_reason: null, ...(logprobs && { logprobs }) }] });
  }

  finish({ reason = 'stop', prompt = 12, cached = 0 } = {}) {
    this.start();
    this.send({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
    if (this.body.stream_options?.include_usage) {
      this.send({ choices: [], usage: { prompt_tokens: prompt, completion_tokens: this.count, total_tokens: prompt + this.count, prompt_tokens_details: { cached_tokens: cached } } });
    }
    this.response.end('data: [DONE]\n\n');
  }

  /** Streams tool calls, their arguments in small pieces. */
  async calls(calls, { delay = 0 } = {}) {
    for (const [index, { name, args }] of calls.entries()) {
      this.chunk({ tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } }] });
      for (const piece of JSON.stringify(args).match(/.{1,8}/gs)) {
        if (delay) await wait(delay);
        this.chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
      }
    }
    return this.finish({ reason: 'tool_calls' });
  }

  /** Cuts the connection. */
  drop() {
    this.response.destroy();
  }

  send(chunk) {
    this.response.write(`data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: this.body.model, ...chunk })}\n\n`);
  }
}

/** Made-up probabilities, the same on every run. */
function logprob(piece, n, top) {
  const p = [0.98, 0.72, 0.41, 0.17, 0.06, 0.9][n % 6];
  const others = Array.from({ length: Math.max(0, top - 1) }, (_, i) => ({ token: `${piece.match(/^\s*/)[0]}${['other', 'else', 'maybe', 'third'][i % 4]}`, logprob: Math.log((1 - p) / (i + 2)), bytes: null }));
  return { token: piece, logprob: Math.log(p), bytes: [...Buffer.from(piece)], top_logprobs: [{ token: piece, logprob: Math.log(p), bytes: null }, ...others].slice(0, top) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { demo } = await import('./demo.js');
  const fake = await startFake({ port: Number(process.argv[2] ?? 0), answer: demo });
  console.log(fake.url);
}
