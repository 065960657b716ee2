import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import type { Store } from '../../kernel/store.ts'
import { sampleCall, sampleFeedback, sampleId, start } from '../conformance/samples.ts'
import type { StoreLog } from '../record-queue.ts'
import { placeFor } from './fixtures/sqlite-place.ts'
import { tinyDisk } from './fixtures/tiny-disk.ts'

/** Calls in the table, and calls as the roll-ups count them. */
async function counted({ reports }: Store): Promise<readonly [calls: number, rolledUp: number]> {
  let calls = 0
  let before: string | undefined
  do {
    const page = await reports.calls({ limit: 1000, ...(before && { before }) })
    calls += page.calls.length
    before = page.next
  } while (before)
  const [usage] = await reports.usage({ from: start, to: start + 3_600_000, by: [] })
  return [calls, usage?.calls ?? 0]
}

/** Resolves at the first warning. */
function warning(): { readonly log: StoreLog; readonly warned: Promise<string> } {
  const { promise: warned, resolve } = Promise.withResolvers<string>()
  return { log: { info: () => undefined, warn: (_, message) => resolve(message) }, warned }
}

function putCalls(store: Store, from: number, to: number): void {
  for (let n = from; n <= to; n += 1) store.records.put(sampleCall(n))
}

test('on a full disk nothing is lost: the fault shows, new calls are refused, and all is written once there is space', async (t) => {
  const disk = tinyDisk(t)
  if (!disk) return
  const { log, warned } = warning()
  const place = await placeFor(t, { dataDir: disk.path, log, waitingMax: 1000 })
  const store = await place.open()
  writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(2 << 20))
  putCalls(store, 1, 12_000)
  await warned
  assert.match(store.records.status().fault ?? '', /the disk is full.*Free some space/)
  assert.equal(store.records.accepting(), false)
  const large = 'x'.repeat(8 << 20)
  await assert.rejects(store.state.saveSetting('large', large), { code: 'store_unavailable' })
  await assert.rejects(store.records.flush(), { code: 'store_unavailable' })
  assert.ok((await store.reports.calls({ limit: 1 })).calls.length > 0, 'reports still answer')
  putCalls(store, 12_001, 12_500)
  disk.remount('size=64m')
  await store.records.flush()
  assert.deepEqual(store.records.status(), { waiting: 0, written: 12_500, fault: undefined })
  assert.equal(store.records.accepting(), true)
  assert.deepEqual(await counted(store), [12_500, 12_500])
  await store.close()
})

test('when the disk stays full, close says how many Records are lost, in time', async (t) => {
  const disk = tinyDisk(t)
  if (!disk) return
  const place = await placeFor(t, { dataDir: disk.path, closeWithinMs: 300 })
  const store = await place.open()
  assert.throws(() => writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(8 << 20)), { code: 'ENOSPC' })
  putCalls(store, 1, 2000)
  await assert.rejects(store.close(), /^Error: 2000 Records could not be written and are lost: the disk is full/)
})

for (const [what, remove] of [
  ['removed', (dataDir: string) => rmSync(dataDir, { recursive: true })],
  [
    'replaced',
    (dataDir: string) => {
      renameSync(join(dataDir, 'astra.db'), join(dataDir, 'old.db'))
      writeFileSync(join(dataDir, 'astra.db'), '')
    },
  ],
] as const) {
  test(`a database that is ${what} while it is in use takes no Record and no state, and says so`, async (t) => {
    const { log, warned } = warning()
    const place = await placeFor(t, { log, waitingMax: 1000, closeWithinMs: 300 })
    const store = await place.open()
    putCalls(store, 1, 10)
    await store.records.flush()
    remove(place.dataDir)
    putCalls(store, 11, 1100)
    await warned
    const because = /removed or replaced while the gateway ran; stop the gateway and restore it/
    assert.match(store.records.status().fault ?? '', because)
    assert.deepEqual([store.records.status().waiting, store.records.accepting()], [1090, false])
    const catalog = { revision: 1, time: start, state: { models: {}, consumers: {} }, digests: {} }
    await assert.rejects(store.state.saveCatalog(catalog), { code: 'store_unavailable' })
    await assert.rejects(store.state.saveSetting('name', 'value'), { code: 'store_unavailable' })
    await assert.rejects(store.close(), because)
  })
}

test('counts that JavaScript cannot hold neither come in nor stop a page', async (t) => {
  const place = await placeFor(t)
  const store = await place.open()
  store.records.put(sampleCall(1, { inputTokens: 2 ** 60, outputTokens: -1 }))
  store.records.put(sampleCall(2, { inputTokens: 1.5, outputTokens: Number.MAX_SAFE_INTEGER }))
  await store.records.flush()
  const tokens = async () =>
    (await store.reports.calls({ limit: 9 })).calls.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens])
  const none = [undefined, undefined]
  assert.deepEqual(await tokens(), [[undefined, Number.MAX_SAFE_INTEGER], none])
  const other = new DatabaseSync(join(place.dataDir, 'astra.db'))
  const huge = '9223372036854775807'
  other.exec(
    `UPDATE calls SET input_tokens = ${huge} WHERE id = '${sampleId(1)}'; UPDATE usage_minutes SET items = ${huge}`,
  )
  other.exec(`CREATE TEMP TABLE others AS SELECT * FROM usage_minutes;
    UPDATE others SET model = 'other'; INSERT INTO usage_minutes SELECT * FROM others`)
  other.close()
  assert.deepEqual((await tokens())[1], [Number.MAX_SAFE_INTEGER, undefined])
  const [usage] = await store.reports.usage({ from: start, to: start + 60_000, by: [] })
  assert.deepEqual([usage?.calls, usage?.items], [4, 2 ** 64])
  await store.close()
})

test('while another program locks the database, Records wait', async (t) => {
  const { log, warned } = warning()
  const place = await placeFor(t, { log })
  const store = await place.open()
  const other = new DatabaseSync(join(place.dataDir, 'astra.db'))
  other.exec('BEGIN IMMEDIATE')
  putCalls(store, 1, 700)
  await warned
  assert.match(store.records.status().fault ?? '', /another program holds a lock/)
  other.exec('ROLLBACK')
  other.close()
  await store.records.flush()
  assert.deepEqual(await counted(store), [700, 700])
  await store.close()
})

test('a writer that crashes, again and again and at any moment, loses and doubles nothing', async (t) => {
  const writers: Worker[] = []
  const place = await placeFor(t, { onWorker: (name, worker) => name === 'writer' && writers.push(worker) })
  const store = await place.open()
  for (let round = 0; round < 6; round += 1) {
    putCalls(store, round * 800 + 1, round * 800 + 800)
    if (round % 3 === 0) writers.at(-1)?.postMessage(null) // No ask at all: the worker ends itself.
    if (round % 3 === 1) void writers.at(-1)?.terminate()
    if (round % 3 === 2) setImmediate(() => writers.at(-1)?.terminate())
    await store.records.feedback(sampleFeedback({ metric: `m${round}` }))
    await store.records.flush()
  }
  assert.ok(writers.length > 3, `${writers.length} writers`)
  assert.deepEqual(await counted(store), [4800, 4800])
  assert.equal((await store.reports.feedback(sampleId(1))).length, 6)
  assert.equal(store.records.status().fault, undefined)
  await store.close()
})

test('a batch that was committed, its acknowledgement lost with the writer, counts once', async (t) => {
  let writer: Worker | undefined
  const place = await placeFor(t, {
    onWorker: (name, worker) => {
      if (name === 'writer') writer ??= worker
    },
  })
  const store = await place.open()
  writer?.removeAllListeners('message')
  const committed = new Promise((resolve) => writer?.once('message', () => resolve(writer?.terminate())))
  putCalls(store, 1, 500)
  await committed
  assert.equal(store.records.status().written, 0)
  await store.records.flush()
  assert.deepEqual(await counted(store), [500, 500])
  await store.close()
})

test('a reader that crashes is replaced, and the folder stays locked', async (t) => {
  const readers: Worker[] = []
  const place = await placeFor(t, { onWorker: (name, worker) => name === 'reader' && readers.push(worker) })
  const store = await place.open()
  putCalls(store, 1, 3)
  await store.records.flush()
  await readers[0]?.terminate()
  assert.deepEqual(await counted(store), [3, 3])
  assert.equal(readers.length, 2)
  await assert.rejects(place.open(), { name: 'DataFolderError' })
  await store.close()
})

test('kill -9: what was acknowledged is there, the roll-ups agree, and the folder is free', async (t) => {
  const place = await placeFor(t)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/put-until-killed.ts'), place.dataDir])
  t.after(() => child.kill('SIGKILL'))
  let acknowledged = 0
  let lines = 0
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line)
    lines += 1
    if (lines === 1) await assert.rejects(place.open(), new RegExp(`process ${child.pid},`))
    if (lines === 30) child.kill('SIGKILL')
  }
  if (child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL')
  const store = await place.open()
  const [calls, rolledUp] = await counted(store)
  assert.ok(acknowledged >= 30 * 173 && calls >= acknowledged, `${calls} of ${acknowledged} acknowledged`)
  assert.equal(rolledUp, calls)
  assert.ok(await store.reports.call(sampleId(acknowledged)))
  await store.close()
})

test('the last 100 catalogs are kept', async (t) => {
  const place = await placeFor(t)
  const { state, close } = await place.open()
  for (let revision = 1; revision <= 103; revision += 1) {
    await state.saveCatalog({ revision, time: start, state: { models: {}, consumers: {} }, digests: {} })
  }
  await close()
  const database = new DatabaseSync(join(place.dataDir, 'astra.db'), { readOnly: true })
  const kept = database.prepare('SELECT count(*) AS count, min(revision) AS oldest FROM catalogs').get()
  assert.deepEqual({ ...kept }, { count: 100, oldest: 4 })
  database.close()
})
