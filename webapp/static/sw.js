/* The service worker: what was read stays readable without a network, what was written is sent.
   The server puts CONFIG before this text; it changes with each release. */
'use strict';
importScripts(CONFIG.queue);

const OURS = 'nongqing-';
const STATIC = OURS + 'static-' + CONFIG.release;
const PAGES = OURS + 'pages-' + CONFIG.release;
const KEPT = '/sw.js/kept', SAVED_AT = 'Saved-At';
const AHEAD = { credentials: 'same-origin', headers: { Purpose: 'prefetch' } };
const WAIT_MS = 6000, MOST_PAGES = 40, OLD_MS = 3 * 3600 * 1000;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
let wiped = 0;
let newest = 0;

function keyOf(address) {
  const url = new URL(address, self.location.origin);
  url.searchParams.delete('lang');
  return url.pathname + url.search;
}

/* The server's time: a phone's clock may err. */
function timeOf(answer) {
  return Date.parse(answer.headers.get('Page-Time') || answer.headers.get('Date') || '') || 0;
}

function beijing(stamp, english) {
  const time = new Date(Number(stamp) + 8 * 3600 * 1000);
  const two = n => (n + 100).toString().slice(1);
  const clock = two(time.getUTCHours()) + ':' + two(time.getUTCMinutes());
  return english
    ? time.getUTCDate() + ' ' + MONTHS[time.getUTCMonth()] + ', ' + clock
    : (time.getUTCMonth() + 1) + '月' + time.getUTCDate() + '日 ' + clock;
}

async function readKept() {
  const found = await (await caches.open(PAGES)).match(KEPT);
  return found ? found.json() : { mine: '', pages: [] };
}

async function trim(cache, spare) {
  const kept = await readKept();
  const keys = await cache.keys();
  const loose = keys.filter(key => {
    const path = keyOf(key.url);
    return path !== KEPT && kept.pages.indexOf(path) < 0;
  });
  for (let i = 0; i < loose.length - spare; i++) await cache.delete(loose[i]);
}

/* Only whole pages of ours that say nothing against it. A redirected answer must not be given to a
   navigation, an opaque one eats megabytes of the quota, and no-store is private. */
async function store(key, answer, began) {
  if (began !== wiped) return;
  const cache = await caches.open(PAGES);
  const says = answer.headers.get('Cache-Control') || '';
  /* no longer for this reader: signed out elsewhere, or moved */
  const gone = answer.type === 'opaqueredirect' || [401, 403, 404, 410].indexOf(answer.status) >= 0;
  if (/no-store/i.test(says) || gone) {
    await cache.delete(key);
    return;
  }
  const html = /^text\/html/.test(answer.headers.get('Content-Type') || '');
  if (answer.status !== 200 || answer.type !== 'basic' || answer.redirected || !html) return;
  newest = Math.max(newest, timeOf(answer));
  const headers = new Headers(answer.headers);
  headers.delete('Content-Encoding');
  headers.delete('Content-Length');
  headers.set(SAVED_AT, String(timeOf(answer)));
  const text = await answer.text();
  if (began !== wiped) return;
  const save = () => cache.put(key, new Response(text, { headers }));
  try {
    await save();
  } catch (full) {
    await trim(cache, 0);
    await save();
  }
  await trim(cache, MOST_PAGES);
}

/* A kept page says so itself, in its own language, with the time at which the server gave it. */
async function savedCopy(key) {
  const found = await (await caches.open(PAGES)).match(key, { ignoreVary: true });
  if (!found) return null;
  const text = await found.text();
  const time = beijing(found.headers.get(SAVED_AT), /<html lang="en/.test(text));
  const marked = text.replace('id="saved" hidden', 'id="saved"').replace('{saved}', time);
  return new Response(marked, { headers: found.headers });
}

async function instead(key) {
  try {
    const copy = await savedCopy(key);
    if (copy) return copy;
    const page = await (await caches.open(STATIC)).match(CONFIG.offline);
    if (page) return page;
  } catch (forbidden) { /* storage is gone: as without us */ }
  return Response.error();
}

async function page(event) {
  const key = keyOf(event.request.url);
  if (key === CONFIG.start) {
    const kept = await readKept().catch(() => ({}));
    if (kept.mine) return Response.redirect(kept.mine, 302);
  }
  const began = wiped;
  const network = fetch(event.request);
  event.waitUntil(network.then(answer => store(key, answer.clone(), began))
    .catch(() => { /* no network or no room: nothing new is kept */ }));
  let timer;
  const late = new Promise(resolve => {
    timer = setTimeout(() => {
      savedCopy(key).then(copy => { if (copy) resolve(copy); }, () => {});
    }, WAIT_MS);
  });
  try {
    const answer = await Promise.race([network, late]);
    if (answer.status >= 502 && answer.status <= 504) {
      return (await savedCopy(key).catch(() => {})) || answer;
    }
    return answer;
  } catch (unreachable) {
    return key === CONFIG.start ? Response.redirect(CONFIG.home, 302) : instead(key);
  } finally {
    clearTimeout(timer);
  }
}

async function asset(request) {
  const cache = await caches.open(STATIC).catch(() => {});
  const found = cache && await cache.match(request);
  if (found) return found;
  return fetch(request).catch(async () => {
    /* a page kept under the release before asks for that release's sheet */
    return (cache && await cache.match(request, { ignoreSearch: true })) || Response.error();
  });
}

async function keep(wanted) {
  const began = wiped;
  const cache = await caches.open(PAGES);
  await cache.put(KEPT, new Response(JSON.stringify({ mine: wanted.mine, pages: wanted.pages })));
  for (const path of wanted.pages) {
    const found = await cache.match(path, { ignoreVary: true });
    if (found && !wanted.afresh) {
      const tongue = /<html lang="([^"]*)/.exec(await found.clone().text());
      const old = newest - Number(found.headers.get(SAVED_AT)) > OLD_MS;
      if (!old && tongue && tongue[1] === wanted.lang) continue;
    }
    await store(path, await fetch(path, AHEAD), began);
    if (began !== wiped) return;
  }
}

async function takeOver() {
  const pages = await caches.open(PAGES);
  for (const name of await caches.keys()) {
    if (name.indexOf(OURS) !== 0 || name === STATIC || name === PAGES) continue;
    if (name.indexOf(OURS + 'pages-') === 0) {
      const old = await caches.open(name);
      for (const request of await old.keys()) {
        if (!(await pages.match(request))) await pages.put(request, await old.match(request));
      }
    }
    await caches.delete(name);
  }
  await self.clients.claim();
}

async function tell(what) {
  (await self.clients.matchAll()).forEach(client => client.postMessage(what));
}

async function send(again) {
  const told = await self.nongqingQueue.send();
  await tell({ waiting: told.waiting, refused: told.refused, login: told.login });
  /* a rejected sync is what makes the browser try again */
  if (again && told.waiting && !told.login) throw new Error('entries wait');
}

async function wipe() {
  wiped += 1;
  const names = await caches.keys();
  await Promise.all(names.filter(name => name.indexOf(OURS + 'pages-') === 0)
    .map(name => caches.delete(name)));
  await self.nongqingQueue.wipe();
}

self.addEventListener('install', event => {
  self.skipWaiting();
  event.waitUntil(caches.open(STATIC).then(cache =>
    cache.addAll(CONFIG.assets.concat(new Request(CONFIG.offline, { cache: 'reload' })))));
});

self.addEventListener('activate', event => {
  event.waitUntil(takeOver().then(readKept).then(kept =>
    kept.pages.length ? keep(Object.assign(kept, { afresh: true })) : null).catch(() => {}));
});

self.addEventListener('fetch', event => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  /* sound is asked for in ranges, which a cache cannot hold; only-if-cached may not be fetched */
  if (request.headers.has('range')) return;
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  if (request.mode === 'navigate') event.respondWith(page(event));
  else if (url.pathname.indexOf('/static/') === 0) event.respondWith(asset(request));
});

self.addEventListener('sync', event => {
  if (event.tag === 'nongqing-send') event.waitUntil(send(true));
});

self.addEventListener('message', event => {
  const what = event.data && event.data.what || event.data;
  const answer = () => { if (event.ports[0]) event.ports[0].postMessage('done'); };
  const acts = {
    keep: () => keep(event.data),
    send: () => send(false),
    wipe: wipe
  };
  if (acts[what]) event.waitUntil(acts[what]().then(answer, answer));
});
