/* The live picture of the camera reads a code into its field, where a browser can read codes.
   A tap on the picture ends it. */
(() => {
  'use strict';
  const button = document.getElementById('camera'), field = document.getElementById('code');
  if (!button || !window.BarcodeDetector) return;
  const video = document.createElement('video');
  const close = () => video.replaceWith(button);

  async function read() {
    const detector = new BarcodeDetector();
    button.replaceWith(video);
    await video.play();
    while (video.isConnected) {
      const found = await detector.detect(video);
      if (found.length) {
        field.value = found[0].rawValue;
        if (field.form.method === 'get') field.form.submit();
        return;
      }
      await new Promise(go => setTimeout(go, 200));
    }
  }

  video.addEventListener('click', close);
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      const asked = { video: { facingMode: 'environment' } };
      video.srcObject = await navigator.mediaDevices.getUserMedia(asked);
      await read();
    } catch (error) {
      button.textContent = button.dataset.none;
    }
    close();
    if (video.srcObject) video.srcObject.getTracks().forEach(track => track.stop());
  });
})();
