// The tools the model may call.

import { h } from '../dom.js';
import { readTools } from '../model/settings.js';
import { JsonField } from './json-field.js';

export const exampleTools = JSON.stringify(
  [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'The weather at a place right now',
        parameters: {
          type: 'object',
          properties: {
            place: { type: 'string', description: 'City or island' },
            unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
          },
          required: ['place'],
          additionalProperties: false,
        },
      },
    },
  ],
  null,
  2,
);

const choices = [
  ['auto', 'The model decides'],
  ['required', 'It must call a tool'],
  ['none', 'It must not call a tool'],
];

export class ToolsPanel {
  constructor(onchange) {
    this.json = new JsonField({
      label: 'Tools',
      hint: 'A JSON array of function definitions, as in OpenAI’s API. The page shows each call; you type the result.',
      rows: 16,
      example: exampleTools,
      check: readTools,
      onchange: (text) => {
        this.#listNames(text, this.choice.value);
        onchange({ tools: text });
      },
    });
    this.choice = h('select', { id: 'tool-choice', onchange: () => onchange({ toolChoice: this.choice.value }) });
    this.element = h('div', { class: 'fields' }, this.json.element,
      h('div', { class: 'field' }, h('label', { for: 'tool-choice' }, 'Use of tools'), this.choice));
  }

  show(settings) {
    this.json.set(settings.tools);
    this.#listNames(settings.tools, settings.toolChoice);
  }

  #listNames(text, chosen) {
    let names = [];
    try {
      names = readTools(text).map((tool) => tool.function.name);
    } catch {
      // While the definitions are not valid, only the general choices are offered.
    }
    const options = [...choices, ...names.map((name) => [name, `It must call ${name}`])];
    if (!options.some(([value]) => value === chosen)) options.push([chosen, `${chosen} (not defined)`]);
    this.choice.replaceChildren(...options.map(([value, label]) => h('option', { value }, label)));
    this.choice.value = chosen;
  }
}
