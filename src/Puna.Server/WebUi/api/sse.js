// Server-sent events from a fetch response body.

/** Yields the `data` of each event, whole events only, whatever the chunks the network made of them. */
export async function* eventData(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      waiting += value;
      let end;
      while ((end = /\r\n\r\n|\n\n|\r\r/.exec(waiting))) {
        const data = dataOf(waiting.slice(0, end.index));
        waiting = waiting.slice(end.index + end[0].length);
        if (data !== null) yield data;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function dataOf(event) {
  const lines = [];
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) lines.push(line.slice(line[5] === ' ' ? 6 : 5));
  }
  return lines.length ? lines.join('\n') : null;
}
