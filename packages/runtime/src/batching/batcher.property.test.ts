import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tensor } from '@astraapi/oip'
import fc from 'fast-check'
import { createFakeClock } from '../../test/fake-clock.ts'
import { WorkerGone } from '../workers/worker.ts'
import { createBatcher } from './batcher.ts'
import type { BatchWorker } from './run-batch.ts'

// Every row of every call is a number of its own: [call, row]. The model answers it, so whatever got mixed up shows. A call
// may be poisoned: whatever batch it is in then fails, or kills its worker.

interface Arrival {
  readonly afterMs: number
  readonly rows: number
  readonly wide: boolean
  readonly outputs: readonly string[]
  readonly poison: 'none' | 'throws' | 'kills' | 'hangs'
  readonly abortAfterMs: number | undefined
  readonly deadlineAfterMs: number | undefined
}

const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const arrival: fc.Arbitrary<Arrival> = fc.record({
  afterMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) }),
  rows: fc.nat(20),
  wide: fc.boolean(),
  outputs: fc.constantFrom(['y'], ['z'], ['y', 'z']),
  poison: fc.oneof(
    { weight: 12, arbitrary: fc.constant('none' as const) },
    { weight: 1, arbitrary: fc.constantFrom('throws' as const, 'kills' as const, 'hangs' as const) },
  ),
  abortAfterMs: seldom(fc.nat(60)),
  deadlineAfterMs: seldom(fc.nat(100)),
})

const setting = fc.record({
  rowsMax: fc.integer({ min: 1, max: 30 }),
  delayMs: fc.constantFrom(0, 5),
  workers: fc.integer({ min: 1, max: 3 }),
  msPerRow: fc.integer({ min: 1, max: 9 }),
  queueMsMax: fc.constantFrom(0, 50, 2000),
  callsMax: fc.constantFrom(3, 40),
  bytesMax: fc.constantFrom(100, 1_000_000),
  joins: fc.boolean(),
})

/** `id` is in every element, so that a row tells whose it is. */
function inputOf(id: number, { rows, wide }: Arrival): Tensor {
  const width = wide ? 2 : 1
  const data = Int32Array.from({ length: rows * width }, (_, index) => id * 1000 + Math.floor(index / width))
  return { name: 'x', datatype: 'INT32', shape: wide ? [rows, width] : [rows], data }
}

const rowsIn = (input: Tensor) => new Set(Array.from<unknown, number>(input.data, Number))
const idOf = (row: number) => Math.floor(row / 1000)

test('every call gets exactly its own rows or its own error, what was dropped never runs, and the bounds hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(arrival, { maxLength: 40, size: 'max' }), setting, async (arrivals, setup) => {
      const clock = createFakeClock()
      const dropped = new Set<number>()
      const runs = new Map<number, number>()
      const besideHanging = new Set<number>()
      let workersAlive = 0
      const batcher = createBatcher({ ...setup, computeMsMax: 500, clock, onBatch: () => {} })

      function offer(): void {
        let alive = true
        let busy = false
        let end = () => {}
        workersAlive += 1
        const worker: BatchWorker = {
          startMs: 10,
          alive: () => alive,
          kill: () => end(),
          async infer([input], outputs) {
            assert.ok(alive && !busy && input !== undefined)
            busy = true
            for (const row of rowsIn(input)) runs.set(row, (runs.get(row) ?? 0) + 1)
            const ids = new Set([...rowsIn(input)].map(idOf))
            assert.ok(
              [...ids].every((id) => !dropped.has(id)),
              'what was dropped never runs',
            )
            const rows = input.shape[0] ?? 0
            if (setup.joins) assert.ok(rows <= setup.rowsMax)
            else assert.ok(ids.size <= 1, 'alone')
            const poisons = [...ids].map((id) => arrivals[id]?.poison)
            if (poisons.includes('hangs')) for (const id of ids) besideHanging.add(id)
            const { promise, resolve, reject } = Promise.withResolvers<readonly Tensor[]>()
            end = () => {
              if (!alive) return
              alive = false
              workersAlive -= 1
              reject(new WorkerGone({ reason: 'crash', detail: 'died' }))
              clock.after(50, offer)
              if (workersAlive === 0) batcher.suspend('no worker', 60)
            }
            clock.after(rows * setup.msPerRow, () => {
              busy = false
              if (poisons.includes('kills')) end()
              else if (poisons.includes('hangs')) busy = true
              else if (poisons.includes('throws')) reject(new Error('thrown'))
              else resolve(outputs.map((name) => ({ ...input, name })))
            })
            return promise
          },
        }
        batcher.offer(worker)
      }
      for (let count = 0; count < setup.workers; count++) offer()

      const results: Promise<{ readonly outputs: readonly Tensor[] } | { readonly error: unknown }>[] = []
      for (const [id, coming] of arrivals.entries()) {
        await clock.pass(coming.afterMs)
        const gone = new AbortController()
        const drop = (error: unknown) => {
          dropped.add(id)
          return { error }
        }
        if (coming.abortAfterMs !== undefined)
          clock.after(coming.abortAfterMs, () => gone.abort(new Error(`left ${id}`)))
        const deadline =
          coming.deadlineAfterMs === undefined ? {} : { deadlineMs: clock.now() + coming.deadlineAfterMs }
        const result = batcher.infer([inputOf(id, coming)], coming.outputs, { signal: gone.signal, ...deadline })
        results.push(result.catch(drop))
        assert.ok(batcher.waiting() <= setup.callsMax + setup.workers * setup.rowsMax)
      }
      await clock.pass(200_000)
      assert.equal(batcher.waiting(), 0)
      assert.ok(
        [...runs.values()].every((count) => count <= 2),
        'a row runs again once, and alone',
      )

      for (const [id, result] of (await Promise.all(results)).entries()) {
        const coming = arrivals[id]
        assert.ok(coming)
        if ('error' in result) {
          checkError(result.error, id, coming, besideHanging)
        } else {
          assert.equal(coming.poison === 'none' || coming.rows === 0, true, 'poison is never answered')
          const { data, shape } = inputOf(id, coming)
          assert.deepEqual(
            result.outputs,
            coming.outputs.map((name) => ({ name, datatype: 'INT32', shape, data })),
          )
        }
      }
    }),
    { numRuns: 200 },
  )
})

function checkError(error: unknown, id: number, call: Arrival, besideHanging: ReadonlySet<number>): void {
  assert.ok(error instanceof Error)
  const { message } = error
  if (message.startsWith('left')) assert.equal(message, `left ${id}`)
  else if (/not there in time|too soon/.test(message)) assert.ok(call.deadlineAfterMs !== undefined)
  else if (message === 'thrown') assert.equal(call.poison, 'throws')
  // The time for all is spent on a batch that hangs, so it is not tried again.
  else if (error instanceof WorkerGone) assert.ok(call.poison === 'kills' || besideHanging.has(id))
  else assert.match(message, /^no worker$|try again later$/)
}
