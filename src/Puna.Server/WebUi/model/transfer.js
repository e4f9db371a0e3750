// Conversations as files: JSON to come back, Markdown to read.

const format = 'puna-conversations';

/** The JSON text of records (conversations with their `tokens`). */
export function toJson(records) {
  return JSON.stringify({ format, version: 1, exported: new Date().toISOString(), conversations: records }, null, 1);
}

/** The records in a file made by {@link toJson}. Throws an Error that says what is wrong and where. */
export function fromJson(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error('This file is not JSON. Conversations come back from the JSON export, not from Markdown.');
  }
  if (file?.format !== format) throw new Error(`This file is not an export of Puna: "format" is not "${format}".`);
  if (file.version !== 1) throw new Error(`This file has version ${file.version}; this page reads version 1.`);
  if (!Array.isArray(file.conversations)) throw new Error('"conversations" is not an array.');
  return file.conversations.map((record, i) => checked(record, `Conversation ${i + 1}`));
}

const text = (value) => typeof value === 'string';
const isId = (value) => text(value) && /^[\w-]{1,64}$/.test(value) && value !== 'root';
const count = (value) => (Number.isFinite(value) && value >= 0 ? value : 0);

function checked(record, at) {
  const fail = (what) => {
    throw new Error(`${at}: ${what}.`);
  };
  if (!isId(record?.id) || !Array.isArray(record.nodes)) fail('"id" or "nodes" is missing');
  const ids = new Set(['root']);
  const nodes = record.nodes.map((node, i) => {
    const where = `message ${i + 1}`;
    if (!isId(node?.id) || ids.has(node.id)) fail(`${where} has no id of its own`);
    if (!ids.has(node.parent)) fail(`${where} answers a message that does not come before it`);
    ids.add(node.id);
    return readNode(node, (what) => fail(`${where} ${what}`));
  });
  const selected = Object.entries(record.selected ?? {}).filter(([parent, child]) => ids.has(parent) && ids.has(child));
  return {
    id: record.id,
    title: text(record.title) ? record.title : 'Imported',
    renamed: Boolean(record.renamed),
    created: count(record.created) || Date.now(),
    updated: count(record.updated) || Date.now(),
    model: text(record.model) ? record.model : '',
    settings: readSettings(record.settings),
    selected: Object.fromEntries(selected),
    nodes,
    tokens: readTokens(record.tokens, ids),
  };
}

/** A message with the fields this page knows and no others. */
function readNode(node, fail) {
  const common = { id: node.id, parent: node.parent, role: node.role, created: count(node.created) };
  switch (node.role) {
    case 'user':
      if (!text(node.content)) fail('has no text');
      return { ...common, content: node.content };
    case 'tool':
      if (!Array.isArray(node.results) || !node.results.every((r) => text(r?.id) && text(r.content))) fail('has no results');
      return { ...common, results: node.results.map(({ id, content }) => ({ id, content })) };
    case 'assistant': {
      if (!text(node.content)) fail('has no text');
      const calls = node.toolCalls ?? [];
      if (!Array.isArray(calls) || !calls.every((c) => text(c?.id) && text(c.name) && text(c.arguments))) fail('has a tool call without id, name or arguments');
      const { usage, timing, error } = node;
      return {
        ...common,
        content: node.content,
        reasoning: text(node.reasoning) ? node.reasoning : undefined,
        toolCalls: calls.length ? calls.map(({ id, name, arguments: json }) => ({ id, name, arguments: json })) : undefined,
        model: text(node.model) ? node.model : '',
        state: ['stopped', 'failed'].includes(node.state) && (node.state === 'stopped' || text(error?.message)) ? node.state : 'done',
        error: text(error?.message) ? { kind: String(error.kind), message: error.message, status: count(error.status) } : undefined,
        finish: text(node.finish) ? node.finish : undefined,
        usage: usage && { prompt: count(usage.prompt), completion: count(usage.completion), cached: count(usage.cached) },
        timing: timing && { firstToken: count(timing.firstToken), rate: count(timing.rate) || null, tokens: count(timing.tokens) },
        json: node.json === true,
        hasTokens: node.hasTokens === true,
      };
    }
    default:
      return fail(`has the role ${JSON.stringify(node.role)}`);
  }
}

function readTokens(tokens, ids) {
  const pair = (entry) => Array.isArray(entry) && text(entry[0]) && Number.isFinite(entry[1]);
  const token = (entry) => text(entry?.t) && Number.isFinite(entry.p) && Array.isArray(entry.top) && entry.top.every(pair);
  const lists = Object.entries(tokens ?? {});
  return Object.fromEntries(lists.filter(([id, list]) => ids.has(id) && Array.isArray(list) && list.every(token)));
}

function readSettings(settings) {
  const kept = {};
  for (const name of ['system', 'stop', 'format', 'schema', 'tools', 'toolChoice']) {
    if (typeof settings?.[name] === 'string') kept[name] = settings[name];
  }
  if (settings?.sampling && typeof settings.sampling === 'object') {
    kept.sampling = Object.fromEntries(Object.entries(settings.sampling).map(([name, value]) => [name, String(value)]));
  }
  if (typeof settings?.logprobs === 'boolean') kept.logprobs = settings.logprobs;
  if (Number.isInteger(settings?.topLogprobs)) kept.topLogprobs = settings.topLogprobs;
  return kept;
}

/** The branch shown, as Markdown. */
export function toMarkdown(conversation) {
  const parts = [`# ${conversation.title || 'Conversation'}`];
  const { system } = conversation.settings;
  if (system?.trim()) parts.push('## System', system.trim());
  for (const node of conversation.path()) {
    if (node.role === 'user') parts.push('## You', node.content);
    if (node.role === 'assistant') {
      parts.push(`## ${node.model || 'Answer'}`);
      if (node.content) parts.push(node.json ? fenced('json', node.content) : node.content);
      for (const call of node.toolCalls ?? []) parts.push(`Call of \`${call.name}\`:`, fenced('json', call.arguments));
    }
    if (node.role === 'tool') for (const result of node.results) parts.push('Result:', fenced('', result.content));
  }
  return `${parts.join('\n\n')}\n`;
}

/** A fence longer than any in the text. */
function fenced(lang, text) {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${lang}\n${text}\n${fence}`;
}

/** A file name from a title. */
export function fileName(title, extension) {
  const name = title.normalize('NFKD').replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60);
  return `${name || 'conversation'}.${extension}`;
}
