// Conversations in this browser (IndexedDB): one record each; token probabilities apart, because they are large.

let opening = null;
/** True when the browser gives no storage (private window): conversations then last as long as the page. */
export let temporary = false;
const memory = { conversations: new Map(), tokens: new Map() };

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('puna', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('conversations', { keyPath: 'id' });
      request.result.createObjectStore('tokens', { keyPath: ['conversation', 'message'] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('The database is in use by another version of this page'));
  }).catch(() => {
    temporary = true;
    return null;
  });
  return opening;
}

async function run(store, mode, action, inMemory) {
  const db = await database();
  if (!db) return inMemory(memory[store]);
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode);
    const request = action(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

const range = (conversation) => IDBKeyRange.bound([conversation], [conversation, []]);
const key = (conversation, message) => `${conversation}/${message}`;

export const allConversations = () =>
  run('conversations', 'readonly', (store) => store.getAll(), (map) => [...map.values()]);

export const getConversation = (id) =>
  run('conversations', 'readonly', (store) => store.get(id), (map) => map.get(id));

export const putConversation = (record) =>
  run('conversations', 'readwrite', (store) => store.put(record), (map) => map.set(record.id, structuredClone(record)));

export async function deleteConversation(id) {
  await run('conversations', 'readwrite', (store) => store.delete(id), (map) => map.delete(id));
  await run('tokens', 'readwrite', (store) => store.delete(range(id)), (map) => {
    for (const name of map.keys()) if (name.startsWith(`${id}/`)) map.delete(name);
  });
}

export const putTokens = (conversation, message, tokens) =>
  run('tokens', 'readwrite', (store) => store.put({ conversation, message, tokens }), (map) =>
    map.set(key(conversation, message), { message, tokens }));

/** [{message, tokens}] of a conversation. */
export const getTokens = (conversation) =>
  run('tokens', 'readonly', (store) => store.getAll(range(conversation)), (map) =>
    [...map].filter(([name]) => name.startsWith(`${conversation}/`)).map(([, entry]) => entry));
