// Probabilities on hover over the formatted answer: finds the token that wrote the character under the pointer.

import { hideToken, showToken, tokenTexts } from './tokens.js';

/**
 * Shows a token's probabilities when the pointer rests on text it wrote. `source()` gives {text, tokens}: the answer's
 * text as the model wrote it and its tokens, or null.
 */
export function showOnHover(element, source) {
  let map = null;
  let last = null;
  const highlight = 'Highlight' in window ? new Highlight() : null;
  element.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'touch') return;
    const given = source();
    if (!given?.tokens?.length) return;
    if (map?.count !== given.tokens.length || map.text !== given.text) map = makeMap(element, given);
    const at = map.find(event.clientX, event.clientY);
    if (at?.index === last) return;
    last = at?.index;
    highlight?.clear();
    if (!at) return hideToken();
    highlight?.add(at.range);
    if (highlight) CSS.highlights.set('token', highlight);
    showToken(given.tokens[at.index], at.range.getClientRects()[0] ?? at.rectangle);
  });
  element.addEventListener('pointerleave', () => {
    last = null;
    highlight?.clear();
    hideToken();
  });
}

function makeMap(element, { text, tokens }) {
  const starts = [];
  let length = 0;
  for (const piece of tokenTexts(tokens)) {
    starts.push(length);
    length += piece.length;
  }
  starts.push(length);
  const places = placeTextNodes(element, text);

  return { text, count: tokens.length, find };

  function find(x, y) {
    const caret = caretAt(x, y);
    const place = caret && places.get(caret.node);
    if (!place) return null;
    // The caret falls between characters; the one under the pointer is at either side of it.
    for (const offset of [caret.offset, caret.offset - 1]) {
      if (offset < 0 || offset >= caret.node.data.length) continue;
      const rectangle = rangeOf(caret.node, offset, offset + 1).getBoundingClientRect();
      if (x < rectangle.left || x > rectangle.right || y < rectangle.top || y > rectangle.bottom) continue;
      const index = indexOf(starts, place + offset);
      if (index < 0) return null;
      const from = Math.max(0, starts[index] - place);
      const to = Math.min(caret.node.data.length, starts[index + 1] - place);
      return { index, range: rangeOf(caret.node, from, Math.max(to, from + 1)), rectangle };
    }
    return null;
  }
}

/** Where each text node begins in the source: shown text is the source with marks left out, in the same order. */
function placeTextNodes(element, source) {
  const places = new Map();
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let at = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('.code-head') || node.data.trim() === '') continue;
    const found = source.indexOf(node.data.trimEnd(), at);
    if (found < 0) continue; // an entity or an escape inside: no probabilities for this piece
    places.set(node, found);
    at = found + node.data.trimEnd().length;
  }
  return places;
}

function caretAt(x, y) {
  const position = document.caretPositionFromPoint?.(x, y);
  if (position) return position.offsetNode.nodeType === Node.TEXT_NODE ? { node: position.offsetNode, offset: position.offset } : null;
  const range = document.caretRangeFromPoint?.(x, y);
  return range?.startContainer.nodeType === Node.TEXT_NODE ? { node: range.startContainer, offset: range.startOffset } : null;
}

function rangeOf(node, from, to) {
  const range = document.createRange();
  range.setStart(node, from);
  range.setEnd(node, to);
  return range;
}

/** The token at a character of the text, by halving. */
function indexOf(starts, offset) {
  if (offset < 0 || offset >= starts.at(-1)) return -1;
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= offset) low = middle;
    else high = middle;
  }
  return low;
}
