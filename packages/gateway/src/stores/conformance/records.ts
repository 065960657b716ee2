import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CallRecord } from '../../kernel/record.ts'
import type { NewPlace } from '../conformance.ts'
import { anyCall, sampleCall, sampleId, start, withPlace, withStore } from './samples.ts'

export function recordsConformance(newPlace: NewPlace): void {
  test('any Record comes back as it was put, undefined fields included', () =>
    withStore(newPlace, async ({ records, reports }) => {
      let n = 0
      await fc.assert(
        fc.asyncProperty(anyCall, async (fields) => {
          n += 1
          const call = { ...fields, id: sampleId(n), time: start + n }
          records.put(call)
          await records.flush()
          assert.deepEqual(await reports.call(call.id), call)
        }),
        { numRuns: 60 },
      )
    }))

  test('status counts what waits and what is durable', () =>
    withStore(newPlace, async ({ records }) => {
      assert.deepEqual(records.status(), { waiting: 0, written: 0, fault: undefined })
      for (let n = 1; n <= 1200; n += 1) records.put(sampleCall(n))
      assert.equal(records.status().waiting, 1200)
      assert.equal(records.accepting(), true)
      await records.flush()
      assert.deepEqual(records.status(), { waiting: 0, written: 1200, fault: undefined })
    }))

  test('flush takes in all that was put before, whatever is put meanwhile', () =>
    withStore(newPlace, async ({ records, reports }) => {
      await records.flush()
      records.put(sampleCall(1))
      const flushed = records.flush()
      records.put(sampleCall(2))
      await flushed
      assert.ok(await reports.call(sampleId(1)))
      await records.flush()
      assert.ok(await reports.call(sampleId(2)))
    }))

  test('close writes all that was put, and the next to open finds it', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      for (let n = 1; n <= 700; n += 1) before.records.put(sampleCall(n))
      await Promise.all([before.close(), before.close()])
      assert.throws(() => before.records.put(sampleCall(701)))
      const after = await place.open()
      const { calls } = await after.reports.calls({ limit: 1000 })
      assert.equal(calls.length, 700)
      await after.close()
    }))

  test('a Record put again, in any batch, is kept once and counted once', () =>
    withStore(newPlace, async ({ records, reports }) => {
      let n = 0
      let from = start
      const sizes = fc.array(fc.record({ fresh: fc.integer({ min: 1, max: 30 }), again: fc.nat(20) }), { maxLength: 5 })
      await fc.assert(
        fc.asyncProperty(sizes, anyCall, async (batches, fields) => {
          const calls: CallRecord[] = []
          for (const { fresh, again } of batches) {
            for (let i = 0; i < fresh; i += 1) {
              n += 1
              calls.push({ ...fields, id: sampleId(n), time: from, versionServed: String(n % 3), code: undefined })
            }
            for (const call of calls.slice(-fresh - again)) records.put(call)
            for (const call of calls.slice(0, again)) records.put(call)
            await records.flush()
          }
          const to = from + 60_000
          const usage = await reports.usage({ from, to, by: ['version'] })
          from = to
          for (const version of ['0', '1', '2']) {
            const exact = calls.filter((call) => call.versionServed === version)
            const row = usage.find((one) => one.by.version === version)
            assert.equal(row?.calls ?? 0, exact.length)
            assert.equal(row?.items ?? 0, exact.length * fields.items)
            assert.equal(row?.inputTokens ?? 0, exact.length * (fields.inputTokens ?? 0))
            assert.equal(row?.unpriced ?? 0, fields.unpriced ? exact.length : 0)
            const costUsd = exact.length * (fields.costUsd ?? 0)
            assert.ok(Math.abs((row?.costUsd ?? 0) - costUsd) <= costUsd * 1e-9)
            assert.equal(row?.failed ?? 0, fields.outcome === 'failed' ? exact.length : 0)
            assert.ok(Math.abs((row?.latencyMeanMs ?? fields.latencyMs) - fields.latencyMs) <= fields.latencyMs * 1e-9)
          }
        }),
        { numRuns: 25 },
      )
    }))
}
