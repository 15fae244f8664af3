// IndexedDB as promises.

/** How many records are read or written at once, so that no step takes long. */
const CHUNK = 250;

/** A promise of a connection to a database whose stores have these keys. */
export function opened(name, stores) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    for (const [store, keyPath] of Object.entries(stores)) opening.result.createObjectStore(store, { keyPath });
  };
  return done(opening);
}

/** A promise of the result of a request. */
export function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A promise of the end of a transaction. */
export function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("abort"));
  });
}

/** The last work in this window, where a browser has no locks: it has them only where the connection is secure. */
let last = Promise.resolve();

/** Do something while no other window and nothing else here changes what is stored; `name` is that of the database. */
export function exclusively(name, work) {
  if (navigator.locks) return navigator.locks.request(name, work);
  last = last.catch(() => {}).then(work);
  return last;
}

/** Write records in steps, so that none takes long. */
export async function put(store, records) {
  for (let start = 0; start < records.length; start += CHUNK) {
    const requests = records.slice(start, start + CHUNK).map((record) => store.put(record));
    await done(requests.at(-1));
  }
}

/** Write the records whose keys are not there yet; the others keep what they have. */
export async function addMissing(store, records) {
  const added = (record) => new Promise((resolve, reject) => {
    const request = store.add(record);
    request.onsuccess = () => resolve();
    request.onerror = (event) => {
      if (request.error.name !== "ConstraintError") return reject(request.error);
      // Otherwise the whole transaction would fail.
      event.preventDefault();
      event.stopPropagation();
      return resolve();
    };
  });
  for (let start = 0; start < records.length; start += CHUNK) {
    await Promise.all(records.slice(start, start + CHUNK).map(added));
  }
}

/** All records of a store in the order of their keys; `begin` gives a new transaction, `path` is that of the keys. */
export async function* records(begin, name, path) {
  let range = null;
  for (;;) {
    const found = await done((await begin()).objectStore(name).getAll(range, CHUNK));
    yield* found;
    if (found.length < CHUNK) return;
    const last = found.at(-1);
    range = IDBKeyRange.lowerBound(Array.isArray(path) ? path.map((part) => last[part]) : last[path], true);
  }
}
