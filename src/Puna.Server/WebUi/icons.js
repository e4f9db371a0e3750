// Line icons on a 20 by 20 grid.

const paths = {
  sidebar: 'M3.5 4.5h13v11h-13z M8 4.5v11',
  plus: 'M10 4v12 M4 10h12',
  search: 'M9 4a5 5 0 1 0 0 10 5 5 0 0 0 0-10z M12.7 12.7 16.5 16.5',
  send: 'M10 16V4.5 M5 9.5l5-5 5 5',
  stop: 'M6 6h8v8H6z',
  copy: 'M7.5 7.5h8.5v8.5H7.5z M12.5 7.5V4H4v8.5h3.5',
  check: 'M4.5 10.5l3.5 3.5 7.5-8',
  edit: 'M4 16l.8-3.4L13 4.4l2.6 2.6-8.2 8.2z M11.5 6l2.6 2.6',
  refresh: 'M15.8 8.5A6 6 0 1 0 16 11 M16 4.5v4h-4',
  left: 'M12 5l-5 5 5 5',
  right: 'M8 5l5 5-5 5',
  down: 'M5 8l5 5 5-5',
  latest: 'M10 4v11.5 M5 10.5l5 5 5-5',
  sliders: 'M3.5 6h7 M14.5 6h2 M3.5 14h2 M9.5 14h7 M12.5 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4z M7.5 12a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  trash: 'M4 6h12 M8 6V4h4v2 M5.5 6l.7 10h7.6l.7-10 M8.5 9v4.5 M11.5 9v4.5',
  download: 'M10 3.5v9 M6 9l4 4 4-4 M4 16.5h12',
  upload: 'M10 13V4 M6 7.5l4-4 4 4 M4 16.5h12',
  sun: 'M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6z M10 2.5v1.5 M10 16v1.5 M2.5 10H4 M16 10h1.5 M4.7 4.7l1.06 1.06 M14.240 14.240l1.06 1.06 M4.7 15.3l1.06-1.06 M14.240 5.760l1.06-1.06',
  moon: 'M15.5 12.3A6.5 6.5 0 0 1 7.7 4.5a6.5 6.5 0 1 0 7.8 7.8z',
  system: 'M3 4.5h14v9H3z M7 16.5h6 M10 13.5v3',
  close: 'M5 5l10 10 M15 5L5 15',
  server: 'M3.5 4h13v5h-13z M3.5 11h13v5h-13z M6.5 6.5h.01 M6.5 13.5h.01',
  tool: 'M12.5 3.5a4 4 0 0 0-3.7 5.5L3.8 14a1.6 1.6 0 0 0 2.3 2.3l5-5a4 4 0 0 0 5.1-5.2L13.7 8.6l-2-.4-.4-2 2.5-2.5a4 4 0 0 0-1.3-.2z',
  braces: 'M8 3.5c-2 0-2 1-2 3s0 3-2 3.5c2 .5 2 1.5 2 3.5s0 3 2 3 M12 3.5c2 0 2 1 2 3s0 3 2 3.5c-2 .5-2 1.5-2 3.5s0 3-2 3',
  bars: 'M4 16V9 M8 16V4 M12 16v-5 M16 16V7',
  keyboard: 'M2.5 5.5h15v9h-15z M5.5 8.5h.01 M8.5 8.5h.01 M11.5 8.5h.01 M14.5 8.5h.01 M6.5 11.7h7',
  alert: 'M10 3.5 17.5 16.5h-15z M10 8.5v3.5 M10 14.3h.01',
  play: 'M6.5 4.5l8.5 5.5-8.5 5.5z',
  text: 'M4 5h12 M4 9h12 M4 13h8',
};

/** An icon that screen readers skip; the button around it carries the name. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}
