// puna serve with the built-in model, for a file of tests.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const { PUNA } = process.env;
if (!PUNA) throw new Error('PUNA is not set: give the path of the puna command.');

/** Starts a server on a free port; its address comes with the first line that it writes. */
export async function start(...options) {
  const server = spawn(PUNA, ['serve', '--port', '0', '--threads', '1', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    createInterface(server.stdout).on('line', (line) => {
      const address = /^Serving .* at (http\S+)$/.exec(line);
      if (address) resolve(address[1]);
    });
    ended.then((code) => reject(new Error(`puna serve ended with ${code}`)));
  });
  return {
    url,
    stop() {
      server.kill();
      return ended;
    },
  };
}

/** Sequences that the server computes or has in line. */
export async function open(url) {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const values = [...metrics.matchAll(/^puna_requests_(?:running|waiting)\w*(?:\{[^}]*\})? (\d+)/gm)].map((match) => Number(match[1]));
  if (values.length === 0) throw new Error(`No count of requests in /metrics:\n${metrics}`);
  return values.reduce((sum, value) => sum + value, 0);
}

/** Waits until nothing is computed: a client that left must leave nothing behind. */
export async function idle(url) {
  for (let tries = 0; tries < 100; tries++) {
    if ((await open(url)) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The server still computes after five seconds.');
}

export const weather = {
  name: 'get_weather',
  description: 'Current weather of a place',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** The same tool with cities to choose among: a forced call of it ends, whatever the model would like to write. */
export const listed = { type: 'object', properties: { city: { enum: ['Berlin', 'Paris'] } }, required: ['city'], additionalProperties: false };

export const person = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 20 }, age: { type: 'integer', minimum: 0, maximum: 150 } },
  required: ['name', 'age'],
  additionalProperties: false,
};

/** Holds a text to the schema above. */
export function isPerson(text) {
  const value = JSON.parse(text);
  return Object.keys(value).sort().join() === 'age,name' && typeof value.name === 'string' && value.name.length <= 20 && Number.isInteger(value.age) && value.age >= 0 && value.age <= 150;
}
