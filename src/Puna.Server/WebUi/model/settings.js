// The settings of one conversation, and the request they make. A field left empty is not sent: the server's default holds.

import { parseJson } from './json.js';

/** Sampling fields: name in the request, label, limits. `top_k` and `min_p` are Puna's additions to OpenAI's fields. */
export const samplingFields = [
  { name: 'temperature', label: 'Temperature', min: 0, max: 2, step: 0.1, hint: '0 is greedy; higher is more varied' },
  { name: 'top_p', label: 'Top p', min: 0, max: 1, step: 0.05, hint: 'Keep the most likely tokens that sum to p' },
  { name: 'top_k', label: 'Top k', min: 0, max: 1000, step: 1, integer: true, hint: 'Keep the k most likely tokens; 0 is off' },
  { name: 'min_p', label: 'Min p', min: 0, max: 1, step: 0.01, hint: 'Drop tokens under this share of the best one' },
  { name: 'seed', label: 'Seed', min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, integer: true, hint: 'The same seed repeats an answer' },
  { name: 'max_tokens', label: 'Max tokens', min: 1, max: 10_000_000, step: 1, integer: true, hint: 'The answer ends here at the latest' },
];

export const emptySettings = {
  system: '',
  sampling: {},
  stop: '',
  logprobs: false,
  topLogprobs: 5,
  format: 'text',
  schema: '',
  tools: '',
  toolChoice: 'auto',
};

/** A setting that cannot be sent: which panel, which field, why. */
export class SettingsError extends Error {
  constructor(panel, field, message) {
    super(message);
    Object.assign(this, { panel, field });
  }
}

/** A number as typed, or null for empty. Throws {@link SettingsError}. */
export function readNumber(field, text) {
  if (text.trim() === '') return null;
  const value = Number(text.trim());
  const wrong = (what) => new SettingsError('prompt', field.name, `${field.label} ${what}`);
  if (!Number.isFinite(value)) throw wrong('must be a number');
  if (field.integer && !Number.isInteger(value)) throw wrong('must be a whole number');
  if (value < field.min) throw wrong(`must be at least ${field.min}`);
  if (value > field.max) throw wrong(`must be at most ${field.max.toLocaleString('en')}`);
  return value;
}

/** Stop strings, one a line; \n, \t and \\ are written as escapes. */
export function readStops(text) {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/\\(n|t|\\)/g, (_, c) => ({ n: '\n', t: '\t', '\\': '\\' })[c]));
}

/** The tools as OpenAI's array. Throws {@link SettingsError} naming the place. */
export function readTools(text) {
  if (text.trim() === '') return [];
  const wrong = (message) => new SettingsError('tools', 'tools', message);
  const parsed = parseJson(text);
  if (parsed.error) throw wrong(parsed.error);
  if (!Array.isArray(parsed.value)) throw wrong('The tools must be a JSON array, [ … ]');
  const names = new Set();
  parsed.value.forEach((tool, index) => {
    const at = `Tool ${index + 1}`;
    if (tool?.type !== 'function' || typeof tool.function !== 'object' || !tool.function) {
      throw wrong(`${at} must be {"type": "function", "function": { … }}`);
    }
    const { name, parameters } = tool.function;
    if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name)) {
      throw wrong(`${at}: "name" must be 1 to 64 letters, digits, _ or -`);
    }
    if (names.has(name)) throw wrong(`${at}: there is already a tool "${name}"`);
    names.add(name);
    if (parameters !== undefined && (typeof parameters !== 'object' || !parameters || Array.isArray(parameters))) {
      throw wrong(`${at} (${name}): "parameters" must be a JSON Schema object`);
    }
  });
  return parsed.value;
}

/** The schema as an object (or true/false). Throws {@link SettingsError}. */
export function readSchema(text) {
  const wrong = (message) => new SettingsError('output', 'schema', message);
  if (text.trim() === '') throw wrong('The schema is empty');
  const parsed = parseJson(text);
  if (parsed.error) throw wrong(parsed.error);
  const ok = typeof parsed.value === 'boolean' || (typeof parsed.value === 'object' && parsed.value && !Array.isArray(parsed.value));
  if (!ok) throw wrong('A JSON Schema is an object, { … }');
  return parsed.value;
}

/** The body of POST /v1/chat/completions for the answer below `path`. Throws {@link SettingsError}. */
export function buildRequest(settings, model, path) {
  const body = {
    model,
    messages: buildMessages(settings.system, path),
    stream: true,
    stream_options: { include_usage: true },
  };
  for (const field of samplingFields) {
    const value = readNumber(field, settings.sampling[field.name] ?? '');
    if (value !== null) body[field.name] = value;
  }
  const stop = readStops(settings.stop);
  if (stop.length) body.stop = stop;
  if (settings.logprobs) Object.assign(body, { logprobs: true, top_logprobs: settings.topLogprobs });
  if (settings.format === 'json_object') body.response_format = { type: 'json_object' };
  if (settings.format === 'json_schema') {
    const schema = readSchema(settings.schema);
    body.response_format = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
  }
  const tools = readTools(settings.tools);
  if (tools.length) {
    body.tools = tools;
    const named = !['auto', 'none', 'required'].includes(settings.toolChoice);
    const known = tools.some((tool) => tool.function.name === settings.toolChoice);
    if (named && !known) throw new SettingsError('tools', 'toolChoice', `There is no tool "${settings.toolChoice}"`);
    body.tool_choice = named ? { type: 'function', function: { name: settings.toolChoice } } : settings.toolChoice;
  }
  return body;
}

/** Messages of a path in OpenAI's shape. Answers that brought nothing are left out. */
export function buildMessages(system, path) {
  const messages = system.trim() ? [{ role: 'system', content: system }] : [];
  for (const node of path) {
    if (node.role === 'user') messages.push({ role: 'user', content: node.content });
    if (node.role === 'tool') {
      for (const { id, content } of node.results) messages.push({ role: 'tool', tool_call_id: id, content });
    }
    if (node.role === 'assistant' && (node.content || node.toolCalls?.length)) {
      const message = { role: 'assistant', content: node.content || null };
      if (node.toolCalls?.length) {
        message.tool_calls = node.toolCalls.map(({ id, name, arguments: json }) => ({
          id,
          type: 'function',
          function: { name, arguments: json },
        }));
      }
      messages.push(message);
    }
  }
  return messages;
}
