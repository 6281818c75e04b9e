'use strict';
// One run at a time, over /nirvana/v1: started, read as server-sent events, drawn as it goes.
const $ = id => document.getElementById(id);
const picture = $('picture'), mask = $('mask');
let holds = false; // a picture on the canvas that a run can begin from
let masked = false;
let running = '';

function say(text, wrong) {
  $('status').textContent = text;
  $('status').classList.toggle('wrong', !!wrong);
}

// The token comes after # in the address, which no server and no log sees, or is typed.
let token = decodeURIComponent(location.hash.slice(1)) || sessionStorage.getItem('token') || '';
if (location.hash) {
  sessionStorage.setItem('token', token);
  history.replaceState(null, '', location.pathname);
}

async function ask(path, options = {}) {
  const headers = {...options.headers};
  if (token) headers.Authorization = 'Bearer ' + token;
  const answer = await fetch('/nirvana/v1/' + path, {...options, headers});
  if (answer.status === 401) {
    $('tokenRow').hidden = false;
    throw new Error('This server asks for its token.');
  }
  if (!answer.ok) {
    const body = await answer.json().catch(() => ({}));
    throw new Error(body.error ? (body.error.field ? body.error.field + ': ' : '') + body.error.message : answer.statusText);
  }
  return answer;
}

async function models() {
  try {
    const all = await (await ask('models')).json();
    $('model').replaceChildren(new Option("the server's", ''), ...all.models.map(m => new Option(m.name, m.name)));
    $('tokenRow').hidden = true;
    say('Describe a picture, then press Paint.');
  } catch (e) { say(e.message, true); }
}

function load(source) {
  return new Promise((done, failed) => {
    const img = new Image();
    img.onload = () => done(img);
    img.onerror = () => failed(new Error('That is no picture that this browser can show.'));
    img.src = source;
  });
}

// resize makes both layers of a size; a mask of another size means nothing any more.
function resize(width, height) {
  if (picture.width === width && picture.height === height) return;
  for (const c of [picture, mask]) { c.width = width; c.height = height; }
  masked = false;
}

function clearMask() {
  mask.getContext('2d').clearRect(0, 0, mask.width, mask.height);
  masked = false;
}

// Finger, pen and mouse are one: pointer events.
let last = null;
function place(e) {
  const r = mask.getBoundingClientRect();
  return [(e.clientX - r.left) * mask.width / r.width, (e.clientY - r.top) * mask.height / r.height];
}
function stroke(e) {
  if (!last) return;
  const c = mask.getContext('2d'), at = place(e);
  c.strokeStyle = '#fff';
  c.lineCap = c.lineJoin = 'round';
  c.lineWidth = $('brush').value * mask.width / mask.getBoundingClientRect().width;
  c.beginPath();
  c.moveTo(...last);
  c.lineTo(at[0] + 0.01, at[1]);
  c.stroke();
  last = at;
  masked = true;
}
mask.addEventListener('pointerdown', e => {
  if (!holds || running) return;
  mask.setPointerCapture(e.pointerId);
  last = place(e);
  stroke(e);
});
mask.addEventListener('pointermove', e => { for (const p of e.getCoalescedEvents ? e.getCoalescedEvents() : [e]) stroke(p); });
for (const end of ['pointerup', 'pointercancel']) mask.addEventListener(end, () => { last = null; });

function whole(canvas, background) {
  const out = document.createElement('canvas');
  out.width = canvas.width;
  out.height = canvas.height;
  const c = out.getContext('2d');
  c.fillStyle = background;
  c.fillRect(0, 0, out.width, out.height);
  c.drawImage(canvas, 0, 0);
  return out.toDataURL('image/png');
}

function order() {
  const number = id => $(id).value === '' ? 0 : Number($(id).value);
  const seed = $('seed').value === '' ? Math.floor(Math.random() * 2 ** 32) : Number($('seed').value);
  const recipe = {prompt: $('prompt').value, negative_prompt: $('negative').value, prompt_syntax: true, model: $('model').value, steps: number('steps'),
    seed, width: number('width'), height: number('height')};
  const out = {recipe, count: 1};
  if (holds) {
    recipe.strength = Number($('strength').value);
    recipe.width = recipe.height = 0; // the picture's own
    out.image = whole(picture, '#fff');
    if (masked) out.mask = whole(mask, '#000');
  }
  return out;
}

async function paint() {
  const before = holds ? picture.toDataURL('image/png') : '';
  running = 'asked';
  $('paint').disabled = true;
  $('stop').disabled = false;
  let made = false;
  try {
    const run = await (await ask('runs', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(order())})).json();
    running = run.id;
    for await (const [kind, data] of events(await ask('runs/' + run.id + '/events'))) {
      if (kind === 'run' && data.state === 'waiting') say('Waiting, place ' + (data.place || 1) + ' in the queue');
      if (kind === 'run' && data.state === 'opening') say('Opening the model');
      if (kind === 'step') {
        const img = await load('data:image/png;base64,' + data.x0);
        picture.getContext('2d').drawImage(img, 0, 0, picture.width, picture.height);
        say('Step ' + data.index + ' of ' + data.of + ', t ' + Math.round(data.timestep) + ', sigma ' + data.sigma.toFixed(2));
      }
      if (kind === 'picture') {
        const source = 'data:image/png;base64,' + data.png, img = await load(source);
        resize(img.naturalWidth, img.naturalHeight);
        picture.getContext('2d').drawImage(img, 0, 0);
        $('save').href = source;
        $('save').hidden = false;
        holds = made = true;
        clearMask();
        say(data.unfinished ? 'Stopped' : 'Done, seed ' + data.recipe.seed);
      }
      if (kind === 'end' && data.error) say(data.error, data.state === 'failed');
    }
  } catch (e) { say(e.message, true); }
  if (!made && before) picture.getContext('2d').drawImage(await load(before), 0, 0);
  running = '';
  $('paint').disabled = false;
  $('stop').disabled = true;
}

// events reads server-sent events from an answer: EventSource cannot send a token.
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    text += value;
    for (let cut; (cut = text.indexOf('\n\n')) >= 0; text = text.slice(cut + 2)) {
      const fields = Object.fromEntries(text.slice(0, cut).split('\n').map(l => [l.slice(0, l.indexOf(':')), l.slice(l.indexOf(':') + 2)]));
      if (fields.event) yield [fields.event, JSON.parse(fields.data)];
    }
  }
}

$('panel').addEventListener('submit', e => { e.preventDefault(); if (!running) paint(); });
$('stop').addEventListener('click', () => { if (running && running !== 'asked') ask('runs/' + running + '/interrupt', {method: 'POST'}).catch(e => say(e.message, true)); });
$('clear').addEventListener('click', clearMask);
$('fresh').addEventListener('click', () => { if (running) return; picture.getContext('2d').clearRect(0, 0, picture.width, picture.height); clearMask(); holds = false; $('save').hidden = true; });
$('strength').addEventListener('input', () => { $('strengthShown').textContent = Math.round(100 * $('strength').value) + ' %'; });
$('token').addEventListener('change', () => { token = $('token').value; sessionStorage.setItem('token', token); models(); });
$('open').addEventListener('change', async e => {
  const file = e.target.files[0];
  e.target.value = '';
  if (!file || running) return;
  try {
    const img = await load(URL.createObjectURL(file));
    const scale = Math.min(1, 2048 / Math.max(img.naturalWidth, img.naturalHeight));
    resize(Math.max(1, Math.round(img.naturalWidth * scale)), Math.max(1, Math.round(img.naturalHeight * scale)));
    clearMask();
    picture.getContext('2d').drawImage(img, 0, 0, picture.width, picture.height);
    holds = true;
    say('Paint over what is to change, or change all of it.');
  } catch (problem) { say(problem.message, true); }
});
models();
