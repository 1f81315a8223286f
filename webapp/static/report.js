/* The form of what was seen: the photo is made smaller before it is kept or sent, and the place
   where somebody stands is added if they ask for it. Without JavaScript the form works as well. */
'use strict';
const LONGEST = 1600, QUALITY = 0.8;
const photo = document.getElementById('photo'), place = document.getElementById('place');

async function shrink(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise(resolve => {
    canvas.toBlob(resolve, 'image/jpeg', QUALITY);
  });
  if (!blob || blob.size >= file.size) throw new Error('not smaller');
  return blob;
}

if (photo && window.DataTransfer && window.createImageBitmap) {
  photo.addEventListener('change', () => {
    const file = photo.files[0];
    if (!file) return;
    shrink(file).then(blob => {
      if (photo.files[0] !== file) return;
      const carrier = new DataTransfer();
      carrier.items.add(new File([blob], 'photo.jpg', { type: 'image/jpeg' }));
      photo.files = carrier.files;
    }).catch(() => { /* the server makes it smaller, or says what is wrong with it */ });
  });
}

if (place && navigator.geolocation) {
  place.hidden = false;
  place.addEventListener('click', () => {
    navigator.geolocation.getCurrentPosition(found => {
      const form = place.form;
      form.elements.longitude.value = found.coords.longitude;
      form.elements.latitude.value = found.coords.latitude;
      place.textContent = place.dataset.found.replace('{m}', Math.round(found.coords.accuracy));
    }, () => {
      place.textContent = place.dataset.none;
    }, { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
  });
}
