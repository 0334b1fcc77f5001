// The evidence viewer: any slice, any window, segments to toggle, a box to draw. State comes in as props.value (JSON).
const stage = () => element.querySelector('.cg-stage');
let drag = null, timer = null, seen = '';

function state() { return props.value && props.value.images ? props.value : { images: [] }; }
function image() { return state().images[Number(element.dataset.image || 0)]; }
function control(name) { return element.querySelector(`[data-c="${name}"]`); }

function source() {
  const v = image(), query = new URLSearchParams();
  if (v.slices > 1) query.set('at', control('slice').value);
  if (!v.colour) { query.set('low', control('low').value); query.set('high', control('high').value); }
  const on = [...element.querySelectorAll('input[data-seg]:checked')].map(b => b.dataset.seg);
  if (on.length) query.set('segments', on.join(','));
  return `${state().base}/images/${v.index}.png?${query}`;
}

function refresh() {
  clearTimeout(timer);
  timer = setTimeout(() => { const img = element.querySelector('img'); if (img && image()) img.src = source(); }, 60);
  for (const out of element.querySelectorAll('output[data-for]')) out.value = control(out.dataset.for).value;
}

function pixel(event) {
  const img = element.querySelector('img'), area = img.getBoundingClientRect(), v = image();
  const x = (event.clientX - area.left) / area.width * v.width, y = (event.clientY - area.top) / area.height * v.height;
  return [Math.min(Math.max(x, 0), v.width), Math.min(Math.max(y, 0), v.height)];
}

function draw(box) {
  const mark = element.querySelector('.cg-box'), v = image();
  if (!mark) return;
  mark.hidden = !box;
  if (!box) return;
  mark.style.left = `${100 * box[0] / v.width}%`; mark.style.top = `${100 * box[1] / v.height}%`;
  mark.style.width = `${100 * (box[2] - box[0]) / v.width}%`; mark.style.height = `${100 * (box[3] - box[1]) / v.height}%`;
}

function boxOf(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])].map(n => Math.round(n * 10) / 10);
}

element.addEventListener('pointerdown', e => {
  if (!e.target.closest('.cg-stage') || !image()) return;
  e.preventDefault(); drag = pixel(e); stage().setPointerCapture(e.pointerId);
});
element.addEventListener('pointermove', e => { if (drag) draw(boxOf(drag, pixel(e))); });
element.addEventListener('pointerup', e => {
  if (!drag) return;
  const box = boxOf(drag, pixel(e)); drag = null;
  if (box[2] - box[0] < 2 || box[3] - box[1] < 2) { draw(null); return; }
  draw(box); trigger('select', { box: box.join(', ') });
});
element.addEventListener('input', e => { if (e.target.dataset.c || e.target.dataset.seg) refresh(); });
element.addEventListener('change', e => {
  if (e.target.dataset.c === 'image') { element.dataset.image = e.target.value; seen = ''; props.value = { ...state(), image: Number(e.target.value) }; }
});

// A click on a claim lights up what it rests on.
document.addEventListener('toggle', e => {
  const ids = e.target.dataset && e.target.dataset.evidence;
  if (ids === undefined || !e.target.open) return;
  const list = ids.split(' ');
  for (const box of element.querySelectorAll('input[data-seg]')) {
    const lit = list.includes(box.dataset.evidence);
    box.closest('label').classList.toggle('cg-lit', lit);
    if (list.length && [...element.querySelectorAll('input[data-evidence]')].some(b => list.includes(b.dataset.evidence))) box.checked = lit;
  }
  refresh();
}, true);
watch('value', () => { element.dataset.image = String(state().image || 0); refresh(); });
