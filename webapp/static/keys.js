/* Security keys and passkeys: hands the server's question to the browser and the answer back. */
(() => {
  'use strict';
  const form = document.querySelector('form[data-key]');
  if (!form) return;
  const asked = JSON.parse(form.dataset.key), adds = Boolean(asked.rp);
  const said = form.querySelector('[role=alert]'), texts = form.dataset;
  function bytes(text) {
    const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(raw, letter => letter.charCodeAt(0));
  }
  function text(buffer) {
    const raw = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(raw).replace(/[+]/g, '-').replace(/[/]/g, '_').replace(/=/g, '');
  }
  function tell(what) { said.textContent = what; said.hidden = !what; }
  asked.challenge = bytes(asked.challenge);
  if (asked.user) asked.user.id = bytes(asked.user.id);
  (asked.excludeCredentials || []).concat(asked.allowCredentials || []).forEach(key => {
    key.id = bytes(key.id);
  });
  function ask() {
    if (!window.PublicKeyCredential || !navigator.credentials) return tell(texts.none);
    tell('');
    navigator.credentials[adds ? 'create' : 'get']({publicKey: asked}).then(key => {
      const answer = {}, from = key.response;
      ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']
        .forEach(name => { if (from[name]) answer[name] = text(from[name]); });
      if (from.getTransports) answer.transports = from.getTransports();
      form.elements.credential.value = JSON.stringify({
        id: key.id, rawId: text(key.rawId), type: key.type, response: answer
      });
      form.submit();
    }).catch(error => {
      tell(error.name === 'InvalidStateError' ? texts.known : texts.failed);
    });
  }
  form.addEventListener('submit', event => { event.preventDefault(); ask(); });
  ask();
})();
