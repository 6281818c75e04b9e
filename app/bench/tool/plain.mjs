// The obvious loop over ONNX Runtime in Node: plain.go line by line. Arguments: the folder that holds
// node_modules, and the task.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

process.env.ORT_DISABLE_TELEMETRY = '1' // before the library is loaded
const start = performance.now()
const since = () => (performance.now() - start) / 1000
const ort = createRequire(join(resolve(process.argv[2]), '/'))('onnxruntime-node')
const t = JSON.parse(readFileSync(process.argv[3]))
const options = t.threads > 0 ? { intraOpNumThreads: t.threads } : {}
const open = part => ort.InferenceSession.create(join(t.folder, part, 'model.onnx'), options)
const text = await open('text_encoder'), unet = await open('unet'), vae = await open('vae_decoder')
const turn = { load: since(), steps: [] }
const integers = v => new ort.Tensor('int64', BigInt64Array.from(v, BigInt), [1, v.length])
const states = []
for (const ids of t.tokens) states.push((await text.run({ input_ids: integers(ids) })).last_hidden_state)
const bytes = readFileSync(t.noise)
const x = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
const latent = [1, 4, t.side, t.side]
let last = since()
for (const [i, [timestep, now, next]] of t.steps.entries()) {
  const ask = async encoder_hidden_states => (await unet.run({
    sample: new ort.Tensor('float32', x, latent), timestep: new ort.Tensor('int64', [BigInt(timestep)], [1]), encoder_hidden_states,
  })).out_sample.data
  const u = await ask(states[0]), c = await ask(states[1])
  const f = Math.fround, a = f(Math.sqrt(now)), s = f(Math.sqrt(1 - now)), a1 = f(Math.sqrt(next)), s1 = f(Math.sqrt(1 - next))
  for (let k = 0; k < x.length; k++) {
    const out = u[k] + t.guidance * (c[k] - u[k])
    const x0 = t.v ? a * x[k] - s * out : (x[k] - s * out) / a
    const eps = t.v ? s * x[k] + a * out : out
    x[k] = a1 * x0 + s1 * eps
  }
  const at = since()
  if (i === 0) turn.first = at
  else turn.steps.push(at - last)
  last = at
}
writeFileSync(t.out, new Uint8Array(x.buffer))
await vae.run({ latent_sample: new ort.Tensor('float32', x.map(v => v / t.factor), latent) })
turn.whole = since()
console.log(JSON.stringify(turn))
