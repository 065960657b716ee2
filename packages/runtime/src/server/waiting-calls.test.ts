import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { serveModels } from '../../test/serve-models.ts'
import { computed, gatedModule, openGate, until, writeModelFile, writeModels } from '../../test/write-models.ts'
import type { RuntimeOptions } from './create-runtime.ts'

const text = (...data: string[]) => ({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [data.length], data }] })

/** A server with one model, `slow`, which computes nothing but a warm-up until its gate is opened. */
async function serveSlow(t: TestContext, options: Partial<RuntimeOptions>) {
  const dir = await writeModels(t)
  await writeModelFile(dir, 'slow/1/model.ts', gatedModule(dir))
  const served = await serveModels(t, dir, options)
  await served.runtime.load()
  const waiting = async () => {
    const metrics = await fetch(`${served.url}/metrics`).then((reply) => reply.text())
    return Number(/^astra_runtime_waiting{model="slow",version="1"} (\d+)$/m.exec(metrics)?.[1])
  }
  return { ...served, dir, waits: (count: number) => until(async () => (await waiting()) === count) }
}

test('calls beyond the queue are refused with 503', { timeout: 20_000 }, async (t) => {
  const { infer, dir, waits } = await serveSlow(t, { waitingMax: 1 })
  const first = infer('slow', text('a'))
  await until(async () => (await computed(dir)).length === 1)
  const second = infer('slow', text('b'))
  await waits(2)
  const refused = await infer('slow', text('c'))
  assert.equal(refused.status, 503)
  assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/)
  await openGate(dir)
  assert.deepEqual([(await first).status, (await second).status], [200, 200])
  assert.deepEqual(await computed(dir), ['a', 'b'])
})

test('a call whose caller went away while it waited is never computed', { timeout: 20_000 }, async (t) => {
  const { infer, url, dir, waits } = await serveSlow(t, { waitingMax: 1 })
  const first = infer('slow', text('a'))
  await until(async () => (await computed(dir)).length === 1)
  const leaving = new AbortController()
  const body = JSON.stringify(text('b'))
  const left = fetch(`${url}/v2/models/slow/infer`, { method: 'POST', body, signal: leaving.signal }).catch(() => {})
  await waits(2)
  leaving.abort()
  await left
  await waits(1)
  const last = infer('slow', text('c'))
  await waits(2)
  await openGate(dir)
  assert.deepEqual([(await first).status, (await last).status, await computed(dir)], [200, 200, ['a', 'c']])
})
