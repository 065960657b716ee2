import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry } from '../../kernel/audit.ts'
import type { NewPlace } from '../conformance.ts'
import { start, withPlace, withStore } from './samples.ts'

function entry(n: number, given: Partial<AuditEntry> = {}): Omit<AuditEntry, 'id'> {
  const who = { keyId: 'key_1', consumer: 'platform', address: '192.0.2.7' }
  const what = { operation: 'updateKey', target: '/keys/key_2', before: '{"note":"ä"}', after: '{}' }
  return { ...who, ...what, time: start + n, outcome: 'done', code: undefined, ...given }
}

export function auditConformance(newPlace: NewPlace): void {
  test('the audit log is kept as it was written, the newest first', () =>
    withPlace(newPlace, async (place) => {
      const refused = {
        outcome: 'refused',
        code: 'conflict',
        address: undefined,
        before: undefined,
        after: undefined,
      } as const
      const first = await place.open()
      assert.deepEqual(await first.audit.list({ limit: 10 }), { entries: [], next: undefined })
      await first.audit.append(entry(1))
      await first.close()
      const second = await place.open()
      await second.audit.append(entry(2, refused))
      const { entries, next } = await second.audit.list({ limit: 10 })
      assert.deepEqual(
        entries.map(({ id, ...rest }) => rest),
        [entry(2, refused), entry(1)],
      )
      assert.ok((entries[0]?.id ?? 0) > (entries[1]?.id ?? 0))
      assert.equal(next, undefined)
      await second.close()
    }))

  test('the audit log is read by every filter, page by page', () =>
    withStore(newPlace, async ({ audit }) => {
      for (let n = 0; n < 7; n += 1)
        await audit.append(entry(n, n % 2 ? { consumer: 'other', operation: 'setTraffic' } : {}))
      const times = async (filter: object) =>
        (await audit.list({ limit: 10, ...filter })).entries.map(({ time }) => time - start)
      assert.deepEqual(await times({ consumer: 'other' }), [5, 3, 1])
      assert.deepEqual(await times({ operation: 'setTraffic', from: start + 2, to: start + 5 }), [3])
      assert.deepEqual(await times({ keyId: 'key_9' }), [])
      assert.deepEqual(await times({ target: '/keys/key_2', outcome: 'done', limit: 1 }), [6])
      const seen: number[] = []
      let page = await audit.list({ limit: 3 })
      for (;;) {
        seen.push(...page.entries.map(({ time }) => time - start))
        if (page.next === undefined) break
        page = await audit.list({ limit: 3, beforeId: page.next })
      }
      assert.deepEqual(seen, [6, 5, 4, 3, 2, 1, 0])
    }))
}
