// Keyboard shortcuts: what they are called on the help sheet, and what key events mean.

/** For the help sheet. "Ctrl" is also the Command key of a Mac. */
export const shortcutGroups = [
  { name: 'Everywhere', keys: [
    ['Alt+N', 'New conversation'],
    ['Ctrl+K', 'Search conversations'],
    ['Ctrl+B', 'Show or hide the list'],
    ['Ctrl+.', 'Show or hide the settings'],
    ['Alt+T', 'Light, dark or system theme'],
    ['Ctrl+/', 'This sheet'],
    ['Esc', 'Close what is open, or stop the answer'],
  ] },
  { name: 'Writing', keys: [
    ['Enter', 'Send'],
    ['Shift+Enter', 'New line'],
    ['↑', 'Edit the last message, when the field is empty'],
    ['/', 'Go to the message field'],
  ] },
  { name: 'Messages', keys: [
    ['Alt+↑', 'Go to the message before'],
    ['Alt+↓', 'Go to the message after'],
    ['C', 'Copy the message'],
    ['E', 'Edit it as a new branch'],
    ['R', 'Regenerate the answer'],
    ['T', 'Show token probabilities'],
    ['←', 'Previous branch'],
    ['→', 'Next branch'],
  ] },
  { name: 'List', keys: [
    ['F2', 'Rename the conversation'],
    ['Delete', 'Delete it'],
  ] },
];

const everywhere = {
  'alt+n': 'newChat',
  'ctrl+k': 'search',
  'ctrl+b': 'toggleList',
  'ctrl+.': 'togglePanel',
  'alt+t': 'theme',
  'ctrl+/': 'help',
  'alt+arrowup': 'previousMessage',
  'alt+arrowdown': 'nextMessage',
  escape: 'escape',
};
const outsideFields = { '/': 'focusPrompt', '?': 'help' };
const onMessage = { c: 'copy', e: 'edit', r: 'regenerate', t: 'tokens', arrowleft: 'previousBranch', arrowright: 'nextBranch' };

/** Calls `actions[name]()` for the shortcut pressed. Keys of a message work while it has the focus. */
export function listen(actions) {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
    const target = event.target;
    const typing = target.closest?.('input, textarea, select, [contenteditable]');
    // Alt+T types "†" on a Mac: the physical key tells what was meant.
    const key = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key.toLowerCase();
    const combination = `${event.ctrlKey || event.metaKey ? 'ctrl+' : ''}${event.altKey ? 'alt+' : ''}${key}`;
    const name = everywhere[combination] ?? (typing ? null : ((target.matches?.('.message') && onMessage[combination]) || outsideFields[combination]));
    if (!name || actions[name]() === false) return;
    event.preventDefault();
  });
}
