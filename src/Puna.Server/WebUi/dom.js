// Elements without markup strings. Text always becomes a text node, so nothing a model or a server says is ever parsed as HTML.

/**
 * Makes an element: `onclick`-like keys with a function are listeners, true/false switch an attribute on or off,
 * null leaves it out, strings among the children become text.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The only element with this id; a missing one is a mistake in index.html. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no element #${id}`);
  return element;
}

/** A random id. Works on plain http too, where crypto.randomUUID does not exist. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Puts text on the clipboard; browsers withhold navigator.clipboard on plain http, so there is a second way. */
export async function copyText(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed (no focus, no permission): try the old way.
    }
  }
  const before = document.activeElement;
  const area = h('textarea', { class: 'offscreen', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  before?.focus();
  return copied;
}

/** Saves text as a file from the browser. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Calls the function at most once per interval, the last call never lost. `flush` runs a waiting call now. */
export function throttle(interval, action) {
  let timer = 0;
  const run = () => {
    timer = 0;
    action();
  };
  const call = () => {
    timer ||= setTimeout(run, interval);
  };
  call.flush = () => {
    if (!timer) return;
    clearTimeout(timer);
    run();
  };
  return call;
}
