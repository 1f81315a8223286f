/* Forms filled in without a network: kept in IndexedDB, sent in their order, each once.
   Used by the pages and by the service worker. An entry is removed only when the server has
   answered it; its key lets the server tell a repetition. */
(scope => {
  'use strict';
  const BASE = 'nongqing', STORE = 'entries', TOKEN = '/account/token', PATIENCE_MS = 60000;

  /* Rejects where a browser forbids storage (private windows): the form is then sent as ever. */
  function open() {
    return new Promise((resolve, reject) => {
      const asked = scope.indexedDB.open(BASE, 1);
      asked.onupgradeneeded = () => {
        const store = asked.result.createObjectStore(STORE, { keyPath: 'id', autoIncrement: true });
        store.createIndex('key', 'key', { unique: true });
      };
      asked.onsuccess = () => {
        asked.result.onversionchange = () => asked.result.close();
        resolve(asked.result);
      };
      asked.onerror = () => reject(asked.error);
      asked.onblocked = () => reject(new Error('blocked'));
    });
  }

  async function work(mode, act) {
    const base = await open();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = base.transaction(STORE, mode, { durability: 'strict' });
        const asked = act(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(asked.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      base.close();
    }
  }

  const all = () => { return work('readonly', store => { return store.getAll(); }); };
  const add = entry => { return work('readwrite', store => { return store.add(entry); }); };
  const put = entry => { return work('readwrite', store => { return store.put(entry); }); };
  const remove = id => { return work('readwrite', store => { return store.delete(id); }); };

  function key() {
    const bytes = scope.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, b => (b + 256).toString(16).slice(1)).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /* Files are kept as bytes: several Safaris cannot store a Blob. */
  async function fieldOf(name, value) {
    if (typeof value === 'string') return [name, value];
    const bytes = await new Response(value).arrayBuffer();
    return [name, { name: value.name, type: value.type, bytes }];
  }

  async function entryOf(form, button) {
    const data = new FormData(form);
    if (button && button.name) data.append(button.name, button.value);
    const fields = await Promise.all(Array.from(data, pair => fieldOf(pair[0], pair[1])));
    return {
      key: key(), action: form.action, fields, written: Date.now(), state: 'waiting',
      label: form.getAttribute('data-offline') || document.title
    };
  }

  function bodyOf(entry, token) {
    const body = new FormData();
    entry.fields.forEach(field => {
      if (field[0] === 'entry_key' || (token && field[0] === 'csrf_token')) return;
      const value = field[1];
      if (typeof value === 'string') body.append(field[0], value);
      else body.append(field[0], new Blob([value.bytes], { type: value.type }), value.name);
    });
    body.append('entry_key', entry.key);
    /* Both by the phone's clock: their difference holds even where the clock is wrong. */
    body.append('entry_written', String(entry.written));
    body.append('entry_sent', String(Date.now()));
    if (token) body.append('csrf_token', token);
    return body;
  }

  async function ask(url, options) {
    const stop = scope.AbortController && new AbortController();
    const timer = setTimeout(() => { if (stop) stop.abort(); }, PATIENCE_MS);
    try {
      return await fetch(url, Object.assign({ credentials: 'same-origin' }, options,
        stop ? { signal: stop.signal } : {}));
    } finally {
      clearTimeout(timer);
    }
  }

  async function fetchToken() {
    const answer = await ask(TOKEN, { headers: { Accept: 'application/json' }, cache: 'no-store' });
    if (answer.status >= 500) throw new Error('no token');
    if (answer.status !== 200 || answer.redirected) return '';
    return (await answer.json()).token || '';
  }

  function stateAfter(answer) {
    const path = new URL(answer.url).pathname;
    if (answer.status === 401 || (answer.redirected && path.indexOf('/account/sign-in') === 0)) return 'login';
    if (answer.status === 408 || answer.status === 429 || answer.status >= 500) return 'waiting';
    return answer.ok ? 'sent' : 'refused';
  }

  async function sendAll(present) {
    const told = { answers: {}, waiting: 0, refused: 0, login: false };
    const tried = {};
    let token;
    try {
      for (;;) {
        const next = (await all()).find(one => one.state !== 'refused' && !tried[one.id]);
        if (!next) break;
        tried[next.id] = true;
        if (token === undefined) token = await fetchToken();
        const answer = await ask(next.action, {
          method: 'POST', body: bodyOf(next, token), headers: { Accept: 'text/html' }
        });
        const state = stateAfter(answer);
        if (next.key === present && (state === 'sent' || state === 'refused')) {
          told.answers[present] = { url: answer.url, redirected: answer.redirected, html: await answer.text() };
        }
        if (state === 'sent' || (state === 'refused' && next.key === present)) {
          await remove(next.id);
        } else {
          if (state !== 'waiting') await put(Object.assign(next, { state, code: answer.status }));
          if (state !== 'refused') break;
        }
      }
    } catch (unreachable) { /* what is left waits */ }
    (await all()).forEach(one => {
      if (one.state === 'refused') told.refused += 1;
      else told.waiting += 1;
      if (one.state === 'login') told.login = true;
    });
    return told;
  }

  /* One sender at a time, page or worker, where the browser has locks; else the keys must do. */
  let last = Promise.resolve();
  function send(present) {
    const go = () => sendAll(present);
    if (scope.navigator.locks) return scope.navigator.locks.request('nongqing-send', go);
    last = last.then(go, go);
    return last;
  }

  function wipe() {
    return new Promise(resolve => {
      const asked = scope.indexedDB.deleteDatabase(BASE);
      asked.onsuccess = asked.onerror = asked.onblocked = resolve;
    });
  }

  scope.nongqingQueue = {
    all: all, add, remove, entryOf, send, wipe: wipe
  };
})(self);
