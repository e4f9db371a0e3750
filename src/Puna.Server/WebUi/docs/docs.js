// Shows openapi.json: every operation with its fields, and a form that sends it.

const samples = {
  '/chat/completions': { messages: [{ role: 'user', content: 'Who are you?' }], max_tokens: 60 },
  '/completions': { prompt: 'Once upon a time', max_tokens: 30 },
  '/responses': { input: 'Who are you?', max_output_tokens: 60 },
  '/v1/embeddings': { input: 'Hello' },
  '/api/embeddings': { prompt: 'Hello' },
  '/embed': { input: 'Hello' },
  '/show': { model: '' },
  '/tokenize': { content: 'Hello, world' },
  '/messages': { max_tokens: 60, messages: [{ role: 'user', content: 'Who are you?' }] },
  '/messages/count_tokens': { messages: [{ role: 'user', content: 'Who are you?' }] },
  '/chat': { messages: [{ role: 'user', content: 'Who are you?' }], stream: false },
  '/generate': { prompt: 'Who are you?', stream: false },
};

let schemas = {};

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The schema that a reference leads to: a component, or a place within one. */
function resolve(schema) {
  for (let steps = 0; schema?.$ref && steps < 20; steps++) {
    schema = schema.$ref.slice(2).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).reduce((at, part) => at?.[part], { components: { schemas } });
  }
  return schema ?? {};
}

/** A type in a few words. */
function words(schema, depth = 0) {
  schema = resolve(schema);
  if (schema === true || Object.keys(schema).length === 0) return 'any JSON';
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if (schema.anyOf ?? schema.oneOf) return (schema.anyOf ?? schema.oneOf).map((one) => words(one, depth + 1)).join(' or ');
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null');
  return types.map((type) => (type === 'array' && depth < 3 ? `list of ${words(schema.items ?? {}, depth + 1)}` : type)).join(' or ') || 'any JSON';
}

function fieldRows(schema, prefix = '', depth = 0) {
  schema = resolve(schema);
  if (schema.items && !schema.properties) return depth < 4 ? fieldRows(schema.items, `${prefix}[].`, depth) : [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = resolve(field);
    const inner = at.properties ? fieldRows(at, `${prefix}${name}.`, depth + 1) : at.items ? fieldRows(at.items, `${prefix}${name}[].`, depth + 1) : [];
    return [element('tr', {}, element('td', { textContent: prefix + name }), element('td', { textContent: words(field) })), ...(depth < 3 ? inner : [])];
  });
}

function table(caption, schema) {
  const rows = fieldRows(schema);
  if (rows.length === 0) return '';
  return element('details', {}, element('summary', { textContent: caption }),
    element('div', { className: 'inside' }, element('table', {}, element('thead', {}, element('tr', {}, element('th', { textContent: 'field' }), element('th', { textContent: 'type' }))), element('tbody', {}, ...rows))));
}

function tryForm(method, path, operation) {
  const inputs = (operation.parameters ?? []).map((parameter) => ({ parameter, input: element('input', { type: 'text', spellcheck: false }) }));
  const sample = Object.entries(samples).find(([end]) => path.endsWith(end))?.[1] ?? {};
  const body = operation.requestBody?.content['application/json'] ? element('textarea', { value: JSON.stringify(sample, null, 2), spellcheck: false }) : null;
  const output = element('pre', { hidden: true, tabIndex: 0, ariaLive: 'polite' });
  const send = element('button', { type: 'button', textContent: 'Send' });
  send.addEventListener('click', async () => {
    const used = inputs.filter(({ input }) => input.value !== '');
    const place = used.filter(({ parameter }) => parameter.in === 'path').reduce((at, { parameter, input }) => at.replace(`{${parameter.name}}`, encodeURIComponent(input.value)), path);
    const query = new URLSearchParams(used.filter(({ parameter }) => parameter.in === 'query').map(({ parameter, input }) => [parameter.name, input.value]));
    const key = document.querySelector('#key').value;
    output.hidden = false;
    output.textContent = '…';
    send.disabled = true;
    try {
      const reply = await fetch(place.slice(1) + (query.size ? `?${query}` : ''), {
        method: method.toUpperCase(),
        body: body?.value,
        headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...(key ? { Authorization: `Bearer ${key}` } : {}) },
      });
      output.textContent = `${reply.status} ${reply.headers.get('Content-Type') ?? ''}\n\n`;
      const text = await reply.text();
      try {
        output.textContent += JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        output.textContent += text; // a stream, or no JSON
      }
    } catch (error) {
      output.textContent = `${error}`;
    } finally {
      send.disabled = false;
    }
  });
  return element('div', {}, ...inputs.map(({ parameter, input }) => element('label', {}, `${parameter.name}${parameter.required ? '' : ' (optional)'}`, input)),
    ...(body ? [element('label', {}, 'Request', body)] : []), send, output);
}

function show(method, path, operation) {
  const inside = element('div', { className: 'inside' });
  const shown = element('details', {}, element('summary', {}, element('span', { className: 'method', textContent: method.toUpperCase() }), element('code', { textContent: path }), element('span', { className: 'what', textContent: operation.summary })), inside);
  shown.addEventListener('toggle', () => {
    if (inside.childElementCount > 0) return;
    const reply = operation.responses['200'].content?.['application/json'];
    inside.append(
      table('Fields of the request', operation.requestBody?.content['application/json']?.schema),
      table('Fields of the answer', reply?.schema),
      operation.requestBody?.content['multipart/form-data'] ? element('p', { textContent: 'The request is a form with file and purpose (batch).' }) : tryForm(method, path, operation));
  });
  return shown;
}

const list = document.querySelector('#operations');
try {
  const description = await (await fetch('openapi.json')).json();
  schemas = description.components.schemas;
  const groups = new Map();
  for (const entry of Object.entries(description.paths)) {
    const group = entry[0].split('/')[1];
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  for (const [group, paths] of groups) {
    list.append(element('h2', { textContent: `/${group}` }), ...paths.flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => show(method, path, operation))));
  }
  document.querySelector('#about').replaceChildren(`${description.info.description} The same for programs: `, element('a', { href: 'openapi.json', textContent: `openapi.json (OpenAPI ${description.openapi})` }), '.');
} catch (error) {
  document.querySelector('#about').textContent = `openapi.json cannot be read: ${error.message}`;
}
