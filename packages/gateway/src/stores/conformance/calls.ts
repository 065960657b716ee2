import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallFilter, Reports } from '../../kernel/store.ts'
import type { NewPlace } from '../conformance.ts'
import { sampleCall, sampleId, start, withStore } from './samples.ts'

const calls = [
  sampleCall(1, { model: 'digits', reference: 'r1' }),
  sampleCall(2, { consumer: 'shop', reference: 'r1' }),
  sampleCall(3, { versionAssigned: '1.0', versionServed: undefined, outcome: 'failed', code: 'timeout' }),
  sampleCall(4, { versionAssigned: '1.0', versionServed: '1.1', reference: 'r1' }),
  sampleCall(5, { outcome: 'refused', code: 'overloaded' }),
  sampleCall(6, { model: "x' OR '1'='1" }),
]

const filters: readonly (readonly [filter: Omit<CallFilter, 'limit'>, expected: readonly number[]])[] = [
  [{}, [6, 5, 4, 3, 2, 1]],
  [{ model: 'digits' }, [1]],
  [{ model: "x' OR '1'='1" }, [6]],
  [{ version: '1.0' }, [3]],
  [{ version: '1.1', consumer: 'demo' }, [6, 5, 4, 1]],
  [{ consumer: 'shop' }, [2]],
  [{ outcome: 'ok' }, [6, 4, 2, 1]],
  [{ outcome: 'failed' }, [3]],
  [{ code: 'overloaded' }, [5]],
  [{ code: 'overloaded', outcome: 'failed' }, []],
  [{ reference: 'r1' }, [4, 2, 1]],
  [{ reference: 'r1', consumer: 'demo' }, [4, 1]],
  [{ reference: 'r1', consumer: 'demo', code: 'timeout' }, []],
  [{ outcome: 'refused', from: start, to: start + 6, before: sampleId(6) }, [5]],
  [{ from: start + 2, to: start + 5 }, [4, 3, 2]],
  [{ before: sampleId(4), outcome: 'ok' }, [2, 1]],
  [{ consumer: "' --" }, []],
]

export function callsConformance(newPlace: NewPlace): void {
  test('calls are listed newest first by every filter', () =>
    withStore(newPlace, async ({ records, reports }) => {
      for (const call of calls) records.put(call)
      await records.flush()
      for (const [filter, expected] of filters) {
        const page = await reports.calls({ ...filter, limit: 1000 })
        const ids = page.calls.map(({ id }) => id)
        assert.deepEqual([ids, page.next], [expected.map(sampleId), undefined], JSON.stringify(filter))
      }
      assert.equal(await reports.call(sampleId(99)), undefined)
    }))

  test('pages join without gap or repetition, also within one millisecond', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const ids: string[] = []
      for (let n = 1; n <= 25; n += 1) {
        const call = sampleCall(n, { time: start + Math.floor(n / 10) })
        records.put(call)
        ids.unshift(call.id)
      }
      await records.flush()
      for (const limit of [1, 4, 5, 25]) assert.deepEqual(await allPages(reports, limit), ids)
    }))

  test('a page holds at least one call and at most 1000', () =>
    withStore(newPlace, async ({ records, reports }) => {
      for (let n = 1; n <= 1001; n += 1) records.put(sampleCall(n))
      await records.flush()
      assert.equal((await reports.calls({ limit: 0 })).calls.length, 1)
      assert.equal((await reports.calls({ limit: 5000 })).calls.length, 1000)
    }))

  test('a page after a call that is not there is refused', () =>
    withStore(newPlace, async ({ reports }) => {
      await assert.rejects(reports.calls({ limit: 10, before: sampleId(1) }), { code: 'unknown_call' })
    }))

  test("a reference finds its consumer's latest call", () =>
    withStore(newPlace, async ({ records, reports }) => {
      for (const call of calls) records.put(call)
      await records.flush()
      assert.equal((await reports.callByReference('demo', 'r1'))?.id, sampleId(4))
      assert.equal((await reports.callByReference('shop', 'r1'))?.id, sampleId(2))
      assert.equal(await reports.callByReference('shop', 'r2'), undefined)
    }))
}

async function allPages(reports: Reports, limit: number): Promise<string[]> {
  const ids: string[] = []
  let before: string | undefined
  do {
    const page = await reports.calls({ limit, ...(before && { before }) })
    ids.push(...page.calls.map(({ id }) => id))
    before = page.next
  } while (before)
  return ids
}
