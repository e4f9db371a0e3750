// Runs before the first paint, as a classic script, so that a chosen theme never flashes in the other one.
try {
  const theme = localStorage.getItem('puna.theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme stays.
}
