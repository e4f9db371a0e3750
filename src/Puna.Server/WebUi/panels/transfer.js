// Conversations to files and back.

import { host } from '../api/client.js';
import { download } from '../dom.js';
import { fileName, fromJson, toJson, toMarkdown } from '../model/transfer.js';
import { openTransfer } from './dialogs.js';

/** Opens the dialog for the library's open conversation and for all of them. */
export function openTransferOf(library) {
  const conversation = library.current;
  const saveJson = (name, records) => download(name, 'application/json', toJson(records));
  openTransfer(!conversation.isEmpty, {
    exportOne: async (kind) => {
      if (kind === 'markdown') download(fileName(conversation.title, 'md'), 'text/markdown', toMarkdown(conversation));
      else saveJson(fileName(conversation.title, 'json'), [await library.record(conversation.id)]);
    },
    exportAll: async () => saveJson(`puna-${host.replace(/\W+/g, '-')}.json`, await Promise.all(library.list().map(({ id }) => library.record(id)))),
    importFile: async (file) => {
      const count = await library.import(fromJson(await file.text()));
      return count === 1 ? '1 conversation imported.' : `${count} conversations imported.`;
    },
  });
}
