import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeModels } from '../../test/write-models.ts'
import { parseServingSettings, readServingSettings } from './serving-settings.ts'

const DEFAULTS = {
  batching: { rowsMax: 8, delayMs: 0 },
  queueMsMax: 2000,
  computeMsMax: 30_000,
  loadMsMax: 60_000,
  instances: 1,
  threads: 3,
  generation: { contextSize: undefined, sequences: 2, gpu: 'auto' },
  memoryBytesMax: undefined,
  warmUp: undefined,
}

test('without a file, and without fields, the defaults hold', async (t) => {
  assert.deepEqual(await readServingSettings(await writeModels(t), { threads: 3 }), DEFAULTS)
  assert.deepEqual(parseServingSettings({ batching: {} }, { threads: 3 }), DEFAULTS)
})

test('what depends on the kind of model may be given', () => {
  const { computeMsMax, loadMsMax } = parseServingSettings({}, { threads: 1, computeMsMax: 7, loadMsMax: 8 })
  assert.deepEqual([computeMsMax, loadMsMax], [7, 8])
})

test('a file that could be read for ever is not read', async (t) => {
  const dir = await writeModels(t)
  await symlink('/dev/zero', join(dir, 'serving.json'))
  await assert.rejects(readServingSettings(dir, { threads: 1 }), /serving.json is no regular file/)
})

test('every field is read', async (t) => {
  const settings = {
    batching: { rowsMax: 1, delayMs: 2.5 },
    queueMsMax: 0,
    computeMsMax: 1,
    loadMsMax: 2,
    instances: 2,
    threads: 4,
    generation: { contextSize: 2048, sequences: 4, gpu: false },
    memoryBytesMax: '512MiB',
    warmUp: [{ inputs: [] }],
  }
  const dir = await writeModels(t, { 'serving.json': JSON.stringify(settings) })
  assert.deepEqual(await readServingSettings(dir, { threads: 1 }), { ...settings, memoryBytesMax: 2 ** 29 })
  assert.equal(parseServingSettings({ batching: false }, { threads: 1 }).batching, false)
  assert.equal(parseServingSettings({ memoryBytesMax: '2 GiB' }, { threads: 1 }).memoryBytesMax, 2 ** 31)
  assert.equal(parseServingSettings({ memoryBytesMax: 1e8 }, { threads: 1 }).memoryBytesMax, 1e8)
})

const WRONG = [
  [[], 'serving.json must be an object, not []'],
  [{ thread: 1 }, 'serving.json has an unknown field "thread": did you mean threads?'],
  [
    { colour: 1 },
    'serving.json has an unknown field "colour": the fields are batching, queueMsMax, computeMsMax, loadMsMax, instances, threads, generation, memoryBytesMax, warmUp',
  ],
  [{ batching: { rowMax: 1 } }, 'serving.json has an unknown field "batching.rowMax": did you mean rowsMax?'],
  [{ batching: true }, 'serving.json: batching must be an object, or false, not true'],
  [{ batching: { rowsMax: 0 } }, 'serving.json: batching.rowsMax must be an integer from 1 to 1024, not 0'],
  [{ batching: { delayMs: 6 } }, 'serving.json: batching.delayMs must be a number from 0 to 5, not 6'],
  [{ generation: { context: 1 } }, /unknown field "generation\.context": the fields are contextSize, sequences, gpu/],
  [{ generation: { contextSize: 8 } }, /generation\.contextSize must be an integer from 16 to 1048576, not 8/],
  [{ generation: { sequences: 0 } }, /generation\.sequences must be an integer from 1 to 64, not 0/],
  [{ generation: { gpu: 'cuda' } }, 'serving.json: generation.gpu must be "auto" or false, not "cuda"'],
  [{ instances: 1.5 }, 'serving.json: instances must be an integer from 1 to 64, not 1.5'],
  [{ computeMsMax: '30s' }, 'serving.json: computeMsMax must be a number from 1 to 86400000, not "30s"'],
  [{ memoryBytesMax: '1MB' }, /^serving\.json: memoryBytesMax must be a number of bytes, or a text such as "512MiB"/],
  [{ memoryBytesMax: 1000 }, /and at least 64 MiB, not 1000$/],
  [{ warmUp: {} }, /^serving\.json: warmUp must be an array of requests/],
] as const

test('what is wrong is named', async (t) => {
  for (const [value, message] of WRONG) {
    assert.throws(() => parseServingSettings(value, { threads: 1 }), { message })
  }
  const dir = await writeModels(t, { 'serving.json': '{"threads": 1' })
  await assert.rejects(readServingSettings(dir, { threads: 1 }), /^Error: serving\.json is not JSON: /)
})
