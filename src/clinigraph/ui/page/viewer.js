// The evidence viewer: any slice, any window, segments to toggle, a box and points to draw. State comes in as props.value.
const find = selector => element.querySelector(selector);
const NEAR = 9; // screen pixels within which a click meets a point
let drag = null, timer = null, loading = false, wanted = '', drawn = { box: null, points: [] };

function state() { return props.value && props.value.images ? props.value : { images: [] }; }
function image() { return state().images[Number(element.dataset.image || 0)]; }
function control(name) { return find(`[data-c="${name}"]`); }
function tool() { const on = find('input[data-draw]:checked'); return on ? on.value : 'box'; }

function source() {
  const v = image(), query = new URLSearchParams();
  if (v.slices > 1) query.set('at', control('slice').value);
  if (!v.colour) { query.set('low', control('low').value); query.set('high', control('high').value); }
  const on = [...element.querySelectorAll('input[data-seg]:checked')].map(b => b.dataset.seg);
  if (on.length) query.set('segments', on.join(','));
  return `${state().base}/images/${v.index}.png?${query}`;
}

// One picture is fetched at a time, always the last one asked for: a dragged slider never queues up slices.
function fetchNext() {
  const img = find('.cg-stage img');
  if (!img || !image() || loading || !wanted || img.getAttribute('src') === wanted) return;
  loading = true;
  const next = new Image(), asked = wanted, settle = failed => {
    loading = false;
    const now = find('.cg-stage img'), note = find('.cg-lost');
    if (note) note.hidden = !failed;
    if (now && !failed) now.src = asked;
    if (failed) setTimeout(fetchNext, 2000); else fetchNext();
  };
  next.onload = () => settle(false);
  next.onerror = () => settle(true);
  next.src = asked;
}

function refresh() {
  clearTimeout(timer);
  timer = setTimeout(() => { if (image()) { wanted = source(); fetchNext(); } }, 30);
  for (const out of element.querySelectorAll('output[data-for]')) out.value = control(out.dataset.for).value;
}

function pixel(event) {
  const area = find('.cg-stage img').getBoundingClientRect(), v = image();
  const x = (event.clientX - area.left) / area.width * v.width, y = (event.clientY - area.top) / area.height * v.height;
  return [Math.min(Math.max(x, 0), v.width), Math.min(Math.max(y, 0), v.height)].map(n => Math.round(n * 10) / 10);
}

function boxOf(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
}

function show(box) {
  const marks = find('.cg-marks'), v = image();
  if (!marks || !v) return;
  const at = (n, whole) => `${100 * n / whole}%`;
  marks.replaceChildren();
  if (box) {
    const b = document.createElement('div');
    b.className = 'cg-box';
    Object.assign(b.style, { left: at(box[0], v.width), top: at(box[1], v.height),
      width: at(box[2] - box[0], v.width), height: at(box[3] - box[1], v.height) });
    marks.append(b);
  }
  for (const [x, y, inside] of drawn.points) {
    const p = document.createElement('div');
    p.className = `cg-point ${inside ? 'cg-in' : 'cg-out'}`;
    p.textContent = inside ? '+' : '−';
    Object.assign(p.style, { left: at(x, v.width), top: at(y, v.height) });
    marks.append(p);
  }
}

function tell() {
  show(drawn.box);
  trigger('select', { box: drawn.box ? drawn.box.join(', ') : '',
    points: drawn.points.map(p => `${p[0]}, ${p[1]}, ${p[2] ? '+' : '-'}`).join('; ') });
}

function place(event) {
  const at = pixel(event), v = image(), area = find('.cg-stage img').getBoundingClientRect();
  const near = drawn.points.findIndex(p => Math.hypot((p[0] - at[0]) / v.width * area.width, (p[1] - at[1]) / v.height * area.height) < NEAR);
  if (near >= 0) drawn.points.splice(near, 1);
  else drawn.points.push([...at, tool() === 'inside']);
  tell();
}

element.addEventListener('pointerdown', e => {
  if (!e.target.closest('.cg-stage') || !image()) return;
  e.preventDefault();
  if (tool() !== 'box') { place(e); return; }
  drag = pixel(e); find('.cg-stage').setPointerCapture(e.pointerId);
});
element.addEventListener('pointermove', e => { if (drag) show(boxOf(drag, pixel(e))); });
element.addEventListener('pointerup', e => {
  if (!drag) return;
  const box = boxOf(drag, pixel(e)); drag = null;
  if (box[2] - box[0] < 2 || box[3] - box[1] < 2) { show(drawn.box); return; }
  drawn.box = box; tell();
});
element.addEventListener('pointercancel', () => { drag = null; show(drawn.box); });
element.addEventListener('click', e => {
  if (e.target.dataset.act === 'clear') { drawn = { box: null, points: [] }; tell(); }
});
element.addEventListener('input', e => { if (e.target.dataset.c || e.target.dataset.seg) refresh(); });
element.addEventListener('change', e => {
  if (e.target.dataset.c === 'image') props.value = { ...state(), image: Number(e.target.value) };
});

// A click on a claim lights up what it rests on.
document.addEventListener('toggle', e => {
  const ids = e.target.dataset && e.target.dataset.evidence;
  if (ids === undefined || !e.target.open) return;
  const list = ids.split(' '), boxes = [...element.querySelectorAll('input[data-seg]')];
  const any = boxes.some(b => list.includes(b.dataset.evidence));
  for (const box of boxes) {
    const lit = list.includes(box.dataset.evidence);
    box.closest('label').classList.toggle('cg-lit', lit);
    if (any && !box.disabled) box.checked = lit;
  }
  refresh();
}, true);

function start() {
  element.dataset.image = String(state().image || 0);
  const label = state().label, v = image();
  drawn = { box: null, points: [] };
  if (v && label) {
    const b = (v.boxes || {})[label], many = (v.points || {})[label] || [];
    drawn = { box: b ? [b.x0, b.y0, b.x1, b.y1] : null, points: many.map(p => [p.x, p.y, p.inside]) };
  }
  show(drawn.box);
  refresh();
}
watch('value', start);
start();
