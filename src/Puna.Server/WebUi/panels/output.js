// The form of the answer: free text, JSON, or JSON that follows a schema.

import { h } from '../dom.js';
import { readSchema } from '../model/settings.js';
import { JsonField } from './json-field.js';

export const exampleSchema = JSON.stringify(
  {
    type: 'object',
    properties: {
      name: { type: 'string' },
      island: { enum: ['Hawaiʻi', 'Maui', 'Oʻahu', 'Kauaʻi'] },
      wingspan_cm: { type: 'integer', minimum: 1 },
    },
    required: ['name', 'island', 'wingspan_cm'],
    additionalProperties: false,
  },
  null,
  2,
);

const formats = [
  ['text', 'Text', 'Free text, shown as Markdown.'],
  ['json_object', 'JSON', 'Any JSON object.'],
  ['json_schema', 'JSON Schema', 'JSON that follows the schema below, enforced token by token. A schema that cannot be enforced is refused.'],
];

export class OutputPanel {
  constructor(onchange) {
    this.radios = formats.map(([value]) =>
      h('input', { type: 'radio', name: 'format', value, id: `format-${value}`, 'aria-describedby': `format-${value}-hint`, onchange: () => this.#choose(value, onchange) }));
    this.json = new JsonField({
      label: 'Schema',
      hint: 'JSON Schema, draft 2020-12.',
      rows: 16,
      example: exampleSchema,
      check: readSchema,
      onchange: (text) => onchange({ schema: text }),
    });
    this.element = h('div', { class: 'fields' },
      h('fieldset', { class: 'field choices' }, h('legend', {}, 'The answer is'),
        formats.map(([value, label, hint], i) =>
          h('div', { class: 'choice' }, this.radios[i], h('label', { for: `format-${value}` }, label), h('p', { class: 'hint', id: `format-${value}-hint` }, hint)))),
      this.json.element);
  }

  show(settings) {
    for (const radio of this.radios) radio.checked = radio.value === settings.format;
    this.json.set(settings.schema);
    this.json.element.hidden = settings.format !== 'json_schema';
  }

  #choose(value, onchange) {
    this.json.element.hidden = value !== 'json_schema';
    onchange({ format: value });
  }
}
