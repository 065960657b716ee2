import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Payload, PayloadStore, StoredPayload } from '../../kernel/payload.ts'
import type { NewPlace } from '../conformance.ts'
import { sampleId, start, withPlace, withStore } from './samples.ts'

/** The nth, n ms after `start`; kept for an hour. */
function payload(n: number, over: Partial<StoredPayload> = {}): StoredPayload {
  const of = { callId: sampleId(n), time: start + n, model: 'spam', major: 1, version: '1.1' }
  const said = { inputs: '[{"text":"Hi"}]', outputs: '[{"output":{"label":"ham"}}]' }
  return { ...of, redacted: true, until: start + n + 3_600_000, ...said, ...over }
}

const read = (one: StoredPayload): Payload => ({
  ...one,
  inputs: JSON.parse(one.inputs),
  outputs: JSON.parse(one.outputs),
})

const idsOf = async (store: PayloadStore, of: Parameters<PayloadStore['forget']>[0]) =>
  (await store.payloads({ ...of, limit: 1000 })).payloads.map(({ callId }) => callId)

export function payloadsConformance(newPlace: NewPlace): void {
  test('a payload is found by its call, as it was put, and outlives the store', () =>
    withPlace(newPlace, async (place) => {
      const [one, other] = [payload(1), payload(2, { redacted: false, outputs: '[{"text":"o\'neill \\u0000"}]' })]
      const before = await place.open()
      await before.payloads.put([one, other])
      await before.payloads.put([])
      await before.close()
      const { payloads, close } = await place.open()
      assert.deepEqual(await payloads.payload(one.callId), read(one))
      assert.deepEqual(await payloads.payload(other.callId), read(other))
      assert.equal(await payloads.payload(sampleId(3)), undefined)
      await close()
    }))

  test('a call keeps the payload that came first', () =>
    withStore(newPlace, async ({ payloads }) => {
      await payloads.put([payload(1)])
      await payloads.put([payload(1, { inputs: '["another"]' }), payload(2)])
      assert.deepEqual(await payloads.payload(sampleId(1)), read(payload(1)))
      assert.equal(await payloads.count({ model: 'spam' }), 2)
    }))

  test('they come page by page, the oldest first, each once', () =>
    withStore(newPlace, async ({ payloads }) => {
      // Of one moment the ids decide.
      const many = [5, 3, 1, 4, 2].map((n) => payload(n, { time: start + (n < 4 ? 1 : n) }))
      await payloads.put(many)
      const seen: string[] = []
      let after: string | undefined
      do {
        const page = await payloads.payloads({ model: 'spam', major: 1, limit: 2, ...(after ? { after } : {}) })
        seen.push(...page.payloads.map(({ callId }) => callId))
        after = page.next
      } while (after !== undefined)
      assert.deepEqual(seen, [1, 2, 3, 4, 5].map(sampleId))
    }))

  test('a page of large ones is cut, and goes on', () =>
    withStore(newPlace, async ({ payloads }) => {
      const inputs = JSON.stringify(['x'.repeat(1_000_000)])
      await payloads.put([1, 2, 3, 4, 5, 6, 7].map((n) => payload(n, { inputs })))
      const first = await payloads.payloads({ model: 'spam', limit: 1000 })
      assert.ok(first.payloads.length < 7)
      assert.ok(first.next)
      const rest = await payloads.payloads({ model: 'spam', limit: 1000, after: first.next })
      assert.equal(first.payloads.length + rest.payloads.length, 7)
    }))

  test('they are told apart by model, major, version and time', () =>
    withStore(newPlace, async ({ payloads }) => {
      await payloads.put([
        payload(1),
        payload(2, { version: '1.0' }),
        payload(3, { major: 2 }),
        payload(4, { model: 'digits' }),
        payload(5),
      ])
      const found = async (of: Parameters<PayloadStore['count']>[0]) => {
        const ids = await idsOf(payloads, of)
        assert.equal(await payloads.count(of), ids.length)
        return ids
      }
      assert.deepEqual(await found({ model: 'spam' }), [1, 2, 3, 5].map(sampleId))
      assert.deepEqual(await found({ model: 'spam', major: 1 }), [1, 2, 5].map(sampleId))
      assert.deepEqual(await found({ model: 'spam', major: 1, version: '1.1' }), [1, 5].map(sampleId))
      assert.deepEqual(await found({ model: 'spam', from: start + 2, to: start + 5 }), [2, 3].map(sampleId))
      assert.deepEqual(await found({ model: 'unknown' }), [])
    }))

  test('those whose time is over go, and no others', () =>
    withStore(newPlace, async ({ payloads }) => {
      await payloads.put([payload(1, { until: start + 100 }), payload(2, { until: start + 101 }), payload(3)])
      assert.deepEqual(await payloads.expire(start + 100, 1e9), { over: 1, crowded: 0 })
      assert.deepEqual(await payloads.expire(start + 100, 1e9), { over: 0, crowded: 0 })
      assert.deepEqual(await idsOf(payloads, { model: 'spam' }), [2, 3].map(sampleId))
    }))

  test('those from a time to come go, of every model: the clock was wrong then', () =>
    withStore(newPlace, async ({ payloads }) => {
      const ahead = { time: start + 3_700_000, until: start + 9e9 }
      await payloads.put([payload(1), payload(2, ahead), payload(3, { ...ahead, model: 'digits' }), payload(4)])
      await payloads.put([payload(5, { ...ahead, model: 'a' })])
      assert.deepEqual(await payloads.expire(start, 1e9), { over: 3, crowded: 0 })
      assert.deepEqual(await payloads.expire(start, 1e9), { over: 0, crowded: 0 })
      assert.deepEqual(await idsOf(payloads, { model: 'spam' }), [1, 4].map(sampleId))
    }))

  test('where they take too much room those go whose time ends next, until they do no more', () =>
    withStore(newPlace, async ({ payloads }) => {
      const inputs = JSON.stringify(['é'.repeat(499)])
      const later = Array.from({ length: 300 }, (_, n) =>
        payload(n, { inputs, outputs: '[]', until: start + 2_000_000 - n }),
      )
      await payloads.put(later)
      // 1004 bytes each.
      assert.deepEqual(await payloads.expire(start, 300 * 1004), { over: 0, crowded: 0 })
      const { crowded } = await payloads.expire(start, 299 * 1004)
      assert.ok(crowded >= 1 && crowded < 300)
      assert.deepEqual(await payloads.expire(start, 299 * 1004), { over: 0, crowded: 0 })
      const left = await idsOf(payloads, { model: 'spam' })
      assert.deepEqual(
        left,
        later.slice(0, 300 - crowded).map(({ callId }) => callId),
      )
    }))

  test('what is to be forgotten goes, however much it is', () =>
    withStore(newPlace, async ({ payloads }) => {
      await payloads.put(Array.from({ length: 450 }, (_, n) => payload(n)))
      await payloads.put([payload(900, { major: 2 }), payload(901, { model: 'digits' })])
      assert.equal(await payloads.forget({ model: 'spam', major: 1, to: start + 440 }), 440)
      assert.equal(await payloads.count({ model: 'spam', major: 1 }), 10)
      assert.equal(await payloads.forget({ model: 'spam' }), 11)
      assert.equal(await payloads.forget({ model: 'spam' }), 0)
      assert.equal(await payloads.count({ model: 'digits' }), 1)
    }))
}
