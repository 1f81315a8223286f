/* What a page does better with JavaScript; nothing needs it. Old browsers skip what they lack. */
(() => {
  'use strict';
  const told = document.getElementById('client');
  if (!told || !window.Promise || !window.fetch) return;
  const texts = told.dataset, root = document.documentElement;
  const worker = navigator.serviceWorker;
  let waiting = 0;

  /* Open parts and place are kept over a reload and over a switch of the language. */
  const place = 'place:' + location.pathname;
  let switches = false;
  function remember() {
    const open = Array.from(document.querySelectorAll('details[id]'))
      .filter(part => part.open).map(part => part.id);
    const marks = Array.from(document.querySelectorAll('main [id]')).filter(each => {
      const box = each.getBoundingClientRect();
      return box.height && box.top <= 8;
    });
    const mark = marks[marks.length - 1];
    try {
      sessionStorage.setItem(place, JSON.stringify({
        open: open, switches, y: window.pageYOffset, mark: mark && mark.id,
        off: mark && mark.getBoundingClientRect().top
      }));
    } catch (forbidden) { /* no storage: nothing is remembered */ }
  }
  function recall() {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(place));
      sessionStorage.removeItem(place);
    } catch (forbidden) { /* as above */ }
    /* another visit begins at the top */
    const again = window.performance && performance.navigation && performance.navigation.type === 1;
    if (!kept || location.hash || !(kept.switches || again)) return;
    kept.open.forEach(id => {
      const part = document.getElementById(id);
      if (part) part.open = true;
    });
    const mark = kept.mark && document.getElementById(kept.mark);
    const top = mark ? mark.getBoundingClientRect().top + window.pageYOffset - kept.off : kept.y;
    window.scrollTo(0, top);
  }
  recall();
  document.addEventListener('click', event => {
    switches = Boolean(event.target.closest && event.target.closest('a.tongue'));
  });
  window.addEventListener('beforeunload', remember);

  /* Listening: the browser's own voice, else the server's, else no button. */
  function listen() {
    const spoken = document.querySelector('[data-speak]');
    const speech = window.speechSynthesis, Words = window.SpeechSynthesisUtterance;
    if (!spoken || document.querySelector('.listen')) return;
    const tongue = root.lang.slice(0, 2);
    const voice = speech && Words && speech.getVoices().filter(one =>
      one.lang.slice(0, 2).toLowerCase() === tongue).sort((a, b) => b.localService - a.localService)[0];
    if (!voice && !texts.audio) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet listen';
    let sound = null, speaks = false;
    const show = now => {
      speaks = now;
      button.textContent = now ? texts.stop : texts.listen;
    };
    const end = () => show(false);
    button.addEventListener('click', () => {
      if (speaks) {
        if (speech) speech.cancel();
        if (sound) sound.pause();
        return show(false);
      }
      show(true);
      if (!voice) {
        sound = new Audio(texts.audio);
        sound.onended = sound.onerror = end;
        const playing = sound.play();
        if (playing) playing.catch(end);
        return undefined;
      }
      /* sentence by sentence: long texts are cut off by some voices */
      const parts = spoken.textContent.match(/[^。！？.!?]+[。！？.!?]*/g) || [];
      parts.forEach((part, i) => {
        const words = new Words(part);
        words.lang = root.lang;
        words.voice = voice;
        words.onerror = end;
        if (i === parts.length - 1) words.onend = end;
        speech.speak(words);
      });
      return undefined;
    });
    show(false);
    spoken.parentNode.insertBefore(button, spoken.nextSibling);
  }
  listen();
  if (window.speechSynthesis && speechSynthesis.addEventListener) {
    speechSynthesis.addEventListener('voiceschanged', listen);
  }

  /* What waits to be sent. */
  function showWaiting(count) {
    const line = document.getElementById('waiting');
    waiting = count.waiting + count.refused;
    line.hidden = !waiting;
    line.firstElementChild.textContent =
      (count.refused ? texts.refused : count.login ? texts.login : texts.waiting).replace('{n}', waiting);
    document.dispatchEvent(new CustomEvent('nongqing-waiting'));
  }
  function say(text) {
    const line = document.getElementById('told');
    line.textContent = text;
    line.hidden = !text;
  }
  function withQueue(then) {
    if (!window.indexedDB) return;
    if (window.nongqingQueue) return then(window.nongqingQueue);
    const script = document.createElement('script');
    script.src = texts.queue;
    script.onload = () => { if (window.nongqingQueue) then(window.nongqingQueue); };
    document.head.appendChild(script);
  }
  function ask(what) {
    if (!worker) return;
    worker.ready.then(found => found.active.postMessage(what)).catch(() => {});
  }
  function sendNow() {
    if (worker && worker.controller) return ask({ what: 'send' });
    return withQueue(queue => { queue.send().then(showWaiting).catch(() => {}); });
  }
  function replacePage(html) {
    const next = new DOMParser().parseFromString(html, 'text/html');
    const main = document.getElementById('main'), other = next.getElementById('main');
    if (!other) return location.reload();
    main.innerHTML = other.innerHTML;
    document.title = next.title;
    window.scrollTo(0, 0);
    return undefined;
  }
  function natively(form, button) {
    if (button && button.name) {
      const field = document.createElement('input');
      field.type = 'hidden';
      field.name = button.name;
      field.value = button.value;
      form.appendChild(field);
    }
    HTMLFormElement.prototype.submit.call(form);
  }
  /* Kept first, sent then: whatever happens in between, it is on the phone. */
  async function keepAndSend(queue, form, button) {
    const entry = await queue.entryOf(form, button);
    try {
      await queue.add(entry);
    } catch (noRoom) {
      if (navigator.onLine) return natively(form, button);
      return say(texts.full);
    }
    const count = await queue.send(entry.key);
    const answer = count.answers[entry.key];
    showWaiting(count);
    if (answer && answer.redirected) return location.assign(answer.url);
    if (answer) return replacePage(answer.html);
    if (!count.waiting) return location.reload();
    form.reset();
    say(texts.kept);
    if (worker) {
      worker.ready.then(found => found.sync && found.sync.register('nongqing-send')).catch(() => {});
    }
    return undefined;
  }
  document.addEventListener('submit', event => {
    const form = event.target;
    if (form.hasAttribute('data-wipe')) {
      if (waiting && !window.confirm(texts.lose.replace('{n}', waiting))) return event.preventDefault();
      if (worker && worker.controller) worker.controller.postMessage('wipe');
      return undefined;
    }
    const queue = window.nongqingQueue;
    if (event.defaultPrevented || !form.hasAttribute('data-offline') || !queue) return undefined;
    event.preventDefault();
    if (form.nongqingBusy) return undefined;
    form.nongqingBusy = true;
    const active = document.activeElement;
    const button = event.submitter || (active && active.form === form && active.type === 'submit' ? active : null);
    const free = () => form.nongqingBusy = false;
    keepAndSend(queue, form, button).then(free, free);
    return undefined;
  });
  if (document.querySelector('form[data-offline]')) withQueue(() => {});
  window.addEventListener('online', sendNow);

  /* The list of /waiting. */
  const list = document.getElementById('entries');
  function draw(queue) {
    queue.all().then(entries => {
      const none = document.getElementById('none'), send = document.getElementById('send');
      none.textContent = none.dataset.none;
      none.hidden = entries.length > 0;
      list.hidden = send.hidden = entries.length === 0;
      list.textContent = '';
      entries.forEach(entry => {
        const row = document.createElement('li'), words = document.createElement('p');
        const drop = document.createElement('button');
        row.className = 'pad';
        words.textContent = entry.label + ' · ' + new Date(entry.written).toLocaleString(root.lang) +
          ' · ' + list.dataset[entry.state].replace('{code}', entry.code);
        drop.type = 'button';
        drop.className = 'quiet';
        drop.textContent = list.dataset.discard;
        drop.addEventListener('click', () => {
          if (!window.confirm(list.dataset.sure)) return;
          queue.remove(entry.id).then(() => { draw(queue); sendNow(); });
        });
        row.appendChild(words);
        if (entry.state === 'refused') {
          const typed = document.createElement('p');
          typed.textContent = entry.fields.filter(field =>
            typeof field[1] === 'string' && field[1] &&
            !/^(csrf_token|entry_key|writer)$/.test(field[0])).map(field => field[1]).join(' · ');
          row.appendChild(typed);
        }
        row.appendChild(drop);
        list.appendChild(row);
      });
    }).catch(() => {});
  }
  if (list) {
    withQueue(queue => {
      draw(queue);
      document.addEventListener('nongqing-waiting', () => draw(queue));
      document.getElementById('send').addEventListener('click', sendNow);
    });
  }

  /* The worker, once the page stands. */
  if (worker) {
    worker.addEventListener('message', event => {
      if (event.data && event.data.waiting !== undefined) showWaiting(event.data);
    });
    window.addEventListener('load', () => {
      worker.register(texts.worker).then(() => {
        const links = Array.from(document.querySelectorAll('a[data-keep]'), link =>
          link.pathname + link.search);
        const own = !(performance.getEntriesByType('navigation')[0] || {}).workerStart &&
          location.pathname + location.search.replace(/[?&]lang=[^&]*/, '');
        const pages = [texts.home, texts.list, texts.mine, own].concat(links);
        ask({
          what: 'keep', mine: texts.mine, lang: root.lang,
          pages: Array.from(new Set(pages)).filter(Boolean)
        });
        sendNow();
      }).catch(() => { /* private window: no worker */ });
    });
  } else if (list || document.querySelector('form[data-offline]')) {
    sendNow();
  }
})();
