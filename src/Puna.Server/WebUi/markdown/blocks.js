// Markdown blocks: the CommonMark subset that models write, and tables. HTML has no meaning here, it is text.

/**
 * Blocks of the lines, each with the index `line` at which it starts:
 *   heading {level, text} · paragraph {text} · code {lang, text, closed} · quote {blocks} · rule
 *   list {ordered, start, tight, items: [{blocks, done: true | false | null}]} · table {header, align, rows}
 */
export function parseBlocks(lines, depth = 0) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at++;
      continue;
    }
    const start = at;
    const block = readBlock(lines, at, depth);
    at = block.next;
    delete block.next;
    blocks.push({ line: start, ...block });
  }
  return blocks;
}

const maxDepth = 24; // deeper quotes and lists are shown as paragraphs

const isBlank = (line) => line.trim() === '';
const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const heading = /^ {0,3}(#{1,6})(?:[ \t]|$)(.*)$/;
const rule = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const quote = /^ {0,3}> ?/;
const marker = /^( {0,3})([-*+]|\d{1,9}[.)])(?=[ \t]|$)/;

function readBlock(lines, at, depth) {
  const line = lines[at];
  const nested = depth < maxDepth;
  let match;
  if (isFence(line)) return readFence(lines, at);
  if ((match = heading.exec(line))) {
    const text = match[2].trim();
    const bare = text.replace(/#+$/, '');
    const closed = bare !== text && (bare === '' || /[ \t]$/.test(bare));
    return { type: 'heading', level: match[1].length, text: closed ? bare.trimEnd() : text, next: at + 1 };
  }
  if (rule.test(line)) return { type: 'rule', next: at + 1 };
  if (nested && quote.test(line)) return readQuote(lines, at, depth);
  if (nested && marker.test(line)) return readList(lines, at, depth);
  if (/^(?: {4}|\t)/.test(line)) return readIndented(lines, at);
  if (isTable(lines, at)) return readTable(lines, at);
  return readParagraph(lines, at);
}

/** An opening fence; a backtick fence has no backtick in its info string (that is a code span). */
function isFence(line) {
  const match = fence.exec(line);
  return match !== null && !(match[1][0] === '`' && match[2].includes('`'));
}

function readFence(lines, at) {
  const [, mark, info] = fence.exec(lines[at]);
  const indent = lines[at].search(/\S/);
  const text = [];
  for (let i = at + 1; i < lines.length; i++) {
    const match = fence.exec(lines[i]);
    if (match && match[1][0] === mark[0] && match[1].length >= mark.length && isBlank(match[2])) {
      return { type: 'code', lang: language(info), text: text.join('\n'), closed: true, next: i + 1 };
    }
    text.push(dedent(lines[i], indent));
  }
  return { type: 'code', lang: language(info), text: text.join('\n'), closed: false, next: lines.length };
}

const language = (info) => /^[\w+#.-]{1,30}/.exec(info.trim())?.[0] ?? '';

function readIndented(lines, at) {
  let end = at;
  for (let i = at; i < lines.length && (isBlank(lines[i]) || /^(?: {4}|\t)/.test(lines[i])); i++) {
    if (!isBlank(lines[i])) end = i + 1;
  }
  const text = lines.slice(at, end).map((line) => line.replace(/^(?: {1,4}|\t)/, ''));
  return { type: 'code', lang: '', text: text.join('\n'), closed: false, next: end };
}

function readQuote(lines, at, depth) {
  const inner = [];
  let i = at;
  for (; i < lines.length && !isBlank(lines[i]); i++) {
    if (quote.test(lines[i])) inner.push(lines[i].replace(quote, ''));
    else if (startsBlock(lines, i) || isBlank(inner.at(-1))) break;
    else inner.push(lines[i]);
  }
  return { type: 'quote', blocks: parseBlocks(inner, depth + 1), next: i };
}

function readList(lines, at, depth) {
  const [, indent, mark] = marker.exec(lines[at]);
  const kind = mark.at(-1); // '-', '*', '+', '.' or ')'
  const items = [];
  let loose = false;
  let blankBefore = false;
  let i = at;
  while (i < lines.length) {
    const match = rule.test(lines[i]) ? null : marker.exec(lines[i]);
    if (!match || match[2].at(-1) !== kind || match[1].length > indent.length + 1) break;
    if (blankBefore) loose = true;
    const item = readItem(lines, i, match, depth);
    items.push(item);
    loose ||= item.loose;
    blankBefore = item.blankAfter;
    i = item.next;
  }
  const ordered = kind === '.' || kind === ')';
  const shown = items.map(({ blocks, done }) => ({ blocks, done }));
  return { type: 'list', ordered, start: ordered ? parseInt(mark, 10) : 1, tight: !loose, items: shown, next: i };
}

function readItem(lines, at, [head, indent], depth) {
  const rest = lines[at].slice(head.length);
  const space = /^[ \t]*/.exec(rest)[0].length;
  const width = head.length + (space > 4 || isBlank(rest) ? 1 : space);
  const inner = [rest.slice(isBlank(rest) ? 0 : width - head.length)];
  let i = at + 1;
  let blanks = 0;
  for (; i < lines.length; i++) {
    const line = lines[i];
    if (isBlank(line)) {
      blanks++;
      continue;
    }
    // Two spaces nest too: models indent by two under "1." as well.
    const column = line.search(/\S/) + (line[0] === '\t' ? 3 : 0);
    const inside = column >= width || (column >= indent.length + 2 && marker.test(line.trimStart()));
    const lazy = !inside && blanks === 0 && !marker.test(line) && !startsBlock(lines, i) && !isBlank(inner.at(-1));
    if (!inside && !lazy) break;
    for (; blanks > 0; blanks--) inner.push('');
    inner.push(inside ? dedent(line, width) : line.trimStart());
  }
  const task = /^\[([ xX])\][ \t]+/.exec(inner[0]);
  if (task) inner[0] = inner[0].slice(task[0].length);
  const blocks = parseBlocks(inner, depth + 1);
  const loose = blocks.some((block, n) => n > 0 && block.type === 'paragraph' && isBlank(inner[block.line - 1]));
  return { blocks, done: task ? task[1] !== ' ' : null, loose, blankAfter: blanks > 0, next: i };
}

/** Takes up to `width` columns of white space from the start of a line. */
function dedent(line, width) {
  if (line[0] === '\t') return line.slice(1);
  let i = 0;
  while (i < width && line[i] === ' ') i++;
  return line.slice(i);
}

function readParagraph(lines, at) {
  let i = at + 1;
  while (i < lines.length && !isBlank(lines[i]) && !startsBlock(lines, i)) i++;
  return { type: 'paragraph', text: lines.slice(at, i).map((line) => line.trimStart()).join('\n').trimEnd(), next: i };
}

/** Whether the line begins a block even right after a paragraph's line. */
function startsBlock(lines, at) {
  const line = lines[at];
  if (isFence(line) || heading.test(line) || rule.test(line) || quote.test(line)) return true;
  const match = marker.exec(line);
  if (match && !isBlank(line.slice(match[0].length)) && (!/\d/.test(match[2]) || parseInt(match[2], 10) === 1)) return true;
  return isTable(lines, at);
}

function isTable(lines, at) {
  if (at + 1 >= lines.length || !lines[at].includes('|') || !lines[at + 1].includes('-')) return false;
  const delimiters = cells(lines[at + 1]);
  return delimiters.every((cell) => /^:?-+:?$/.test(cell)) && delimiters.length === cells(lines[at]).length;
}

function readTable(lines, at) {
  const header = cells(lines[at]);
  const align = cells(lines[at + 1]).map((cell) => {
    if (cell.endsWith(':')) return cell.startsWith(':') ? 'center' : 'right';
    return 'left';
  });
  const rows = [];
  let i = at + 2;
  for (; i < lines.length && !isBlank(lines[i]) && !(startsBlock(lines, i) && !lines[i].includes('|')); i++) {
    const row = cells(lines[i]);
    rows.push(header.map((_, column) => row[column] ?? ''));
  }
  return { type: 'table', header, align, rows, next: i };
}

/** The cells of a table line; \| is a bar inside a cell. */
function cells(line) {
  const row = line.trim();
  const list = [''];
  for (let i = row[0] === '|' ? 1 : 0; i < row.length; i++) {
    if (row[i] === '\\' && row[i + 1] === '|') {
      list[list.length - 1] += '|';
      i++;
    } else if (row[i] === '|') {
      if (i < row.length - 1) list.push('');
    } else list[list.length - 1] += row[i];
  }
  return list.map((cell) => cell.trim());
}
