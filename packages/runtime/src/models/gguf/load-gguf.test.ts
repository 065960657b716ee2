import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import * as engine from '../../../test/fake-engine.ts'
import type { GenerationRequest, Piece } from '../text-model.ts'
import { findEngine } from './find-engine.ts'
import { loadGguf } from './load-gguf.ts'

const open = (sequences = 1, contextSize?: number) =>
  loadGguf('model.gguf', { threads: 1, generation: { contextSize, sequences, gpu: false } }, async () => engine)

async function write(request: GenerationRequest, signal = new AbortController().signal, contextSize?: number) {
  const pieces: Piece[] = []
  const generated = await (await open(1, contextSize)).generate(request, (piece) => pieces.push(piece), signal)
  return { ...generated, text: pieces.map(({ text }) => text).join(''), pieces }
}

beforeEach(() => {
  engine.asked.length = 0
  engine.sequences.length = 0
})

test('says what it is', async () => {
  const { platform, signature, generations, batches } = await open(3)
  assert.deepEqual([platform, generations, batches], ['llama_cpp_gguf', 3, false])
  assert.deepEqual(signature.inputs, [{ name: 'text_input', datatype: 'BYTES', shape: [1] }])
})

test('writes on from a text, and counts its tokens, the one that begins every text included', async () => {
  const { text, finishReason, inputTokens, outputTokens } = await write({ input: 'once upon a time' })
  assert.equal(text, 'once upon a time ')
  assert.deepEqual([finishReason, inputTokens, outputTokens], ['stop', 5, 4])
})

test('answers a conversation, and tells thoughts from the answer', async () => {
  const { pieces, finishReason } = await write({ input: [{ role: 'user', content: '!thinks' }] })
  assert.deepEqual(pieces, [
    { text: 'hm ', isReasoning: true },
    { text: 'so ', isReasoning: false },
  ])
  assert.equal(finishReason, 'stop')
})

test('parameters reach the engine; it never takes from the input what does not fit', async () => {
  const jsonSchema = { type: 'number' }
  const { finishReason } = await write({
    input: 'a b c d',
    outputTokensMax: 2,
    temperature: 0,
    topP: 0.5,
    topK: 7,
    seed: -1,
    stop: ['z'],
    jsonSchema,
  })
  const { signal: _, ...sampling } = { ...engine.asked[0], onTextChunk: undefined }
  assert.deepEqual(sampling, {
    maxTokens: 2,
    temperature: 0,
    topP: 0.5,
    topK: 7,
    seed: 0xffff_ffff,
    customStopTriggers: ['z'],
    grammar: { grammarOf: jsonSchema },
    repeatPenalty: false,
    contextShiftSize: 1,
    onTextChunk: undefined,
  })
  assert.equal(finishReason, 'length')
})

test('an answer ends where the context does', async () => {
  const { outputTokens, finishReason } = await write({ input: '!endless' }, undefined, 16)
  assert.deepEqual([outputTokens, finishReason], [13, 'length'])
})

test('refuses what has no room in the context, and long texts without counting their tokens', async () => {
  const fits = 'x '.repeat(13)
  assert.equal((await write({ input: fits }, undefined, 16)).outputTokens, 1)
  for (const input of [`${fits}x`, 'x'.repeat(16 * 128)]) {
    await assert.rejects(write({ input }, undefined, 16), { code: 'invalid', message: /context of 16/ })
  }
  await assert.rejects(write({ input: [{ role: 'user', content: fits }] }, undefined, 14), { code: 'invalid' })
})

test('refuses a schema of which a part would be passed over', async () => {
  await assert.rejects(write({ input: 'a', jsonSchema: { minimum: 1 } }), { code: 'invalid', message: /"minimum"/ })
})

test('stops reading a long input when nobody waits for it any more', async () => {
  const controller = new AbortController()
  const reading = write({ input: 'x '.repeat(200) }, controller.signal)
  const left = assert.rejects(reading, { message: 'left' })
  // The engine reads a step a turn of the event loop; there are four.
  while ((engine.sequences[0]?.read.length ?? 0) === 0) await setImmediate()
  controller.abort(new Error('left'))
  await left
  assert.ok((engine.sequences[0]?.read.length ?? 4) < 4)
  assert.equal(engine.asked.length, 0)
})

test('stops writing, and can be asked again', async () => {
  const controller = new AbortController()
  const model = await open()
  const leave = () => controller.abort(new Error('left'))
  await assert.rejects(model.generate({ input: '!endless' }, leave, controller.signal), { message: 'left' })
  const again = await model.generate({ input: 'a' }, () => {}, new AbortController().signal)
  assert.equal(again.outputTokens, 1)
})

test('without the engine it is said how to get it', async () => {
  const message = 'GGUF models need the local engine: run "npm run engine", then load again.'
  await assert.rejects(findEngine({ ASTRA_RUNTIME_ENGINE: '/nowhere/at/all' }), { message })
})
