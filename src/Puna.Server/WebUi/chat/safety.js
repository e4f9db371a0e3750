// What the server's safety policy judged about an answer and its conversation, and why.

import { h } from '../dom.js';

const subjects = { user: 'Your message', assistant: 'Answer', tool: 'Tool result', system: 'Instructions', document: 'Document' };
const verbs = { allow: 'passed', redact: 'redacted', warn: 'warned', review: 'needs a person', block: 'held back' };

/** The panel of an answer: a line that tells the outcome, and behind it every rule that looked. */
export function renderSafety({ refused, categories, decisions }) {
  const rules = decisions.reduce((sum, decision) => sum + decision.rules.length, 0);
  const worst = decisions.some((decision) => decision.action !== 'allow');
  const title = refused ? `Safety: held back (${categories.join(', ')})` : worst ? 'Safety: found something, went on' : `Safety: passed ${rules} ${rules === 1 ? 'check' : 'checks'}`;
  return h('details', { class: `safety${refused ? ' refused' : ''}` }, h('summary', {}, title), ...decisions.map(renderDecision));
}

function renderDecision(decision) {
  const went = decision.dry_run && decision.action !== 'allow' ? ' (dry run: went on)' : '';
  const why = decision.reasons.length ? `: ${decision.reasons.join(', ')}` : '';
  return h('section', {},
    h('h3', {}, `${subjects[decision.role] ?? decision.role} ${verbs[decision.action] ?? decision.action}${why}${went}`),
    decision.rules.length ? h('ul', {}, ...decision.rules.map(renderRule)) : h('p', {}, 'No rule looks at it.'));
}

function renderRule({ scanner, action, failure, milliseconds, findings }) {
  const found = failure ?? (findings.length ? findings.map(describe).join('; ') : 'nothing found');
  return h('li', {}, h('strong', {}, scanner), ` ${verbs[action] ?? action}, ${milliseconds.toFixed(1)} ms: ${found}`);
}

function describe({ category, score, start, end, detail }) {
  return `${category} ${score.toFixed(2)} at ${start}–${end}${detail ? ` (${detail})` : ''}`;
}
