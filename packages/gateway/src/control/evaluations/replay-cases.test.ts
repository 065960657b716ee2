import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Payload, PayloadFilter } from '../../kernel/payload.ts'
import { replayCases } from './replay-cases.ts'
import { spamCatalog } from './testing/asked-world.ts'

const found = spamCatalog.model('spam')?.contracts.get(1)
assert.ok(found)
const contract = found
const payload = (callId: string, over: Partial<Payload> = {}): Payload => ({
  ...{ callId, time: 1, model: 'spam', major: 1, version: '1.0', redacted: false, until: 9 },
  inputs: [{ text: 'a' }],
  outputs: [{ output: { label: 'ham' } }],
  ...over,
})

/** Two a page, each of which takes so long. */
function store(all: readonly Payload[], pageMs = 0) {
  const asked: PayloadFilter[] = []
  const payloads = {
    async payloads(filter: PayloadFilter) {
      asked.push(filter)
      const from = Number(filter.after ?? 0)
      const next = from + 2 < all.length ? String(from + 2) : undefined
      return { payloads: all.slice(from, from + 2), next }
    },
  }
  return { asked, payloads, clock: { elapsed: () => asked.length * pageMs } }
}

const many = (n: number) => Array.from({ length: n }, (_, i) => payload(`call-${i}`, { time: i }))

test('each captured call is a case, with what was answered then; what cannot be replayed is left out and told', async () => {
  const ports = store([
    payload('a'),
    payload('b', { inputs: [{ text: 'x' }, { text: 'y' }], outputs: [{ text: 'said' }, { error: 'timeout' }] }),
    payload('c', { redacted: true }),
    payload('d', { redacted: true, inputs: [{ other: 1 }] }),
  ])
  const { cases, notes } = await replayCases(contract, { from: 1, to: 5, version: '1.0' }, ports)
  assert.deepEqual(cases, [
    { id: 'a', input: { text: 'a' }, answered: { label: 'ham' } },
    { id: 'b/0', input: { text: 'x' }, answered: { text: 'said' } },
    { id: 'c', input: { text: 'a' }, answered: { label: 'ham' } },
  ])
  assert.equal(notes.length, 4)
  assert.match(
    notes.join(' '),
    /1 captured items .* failed then.* 1 captured inputs .* not fit.* 1 inputs were captured redacted/,
  )
  const { model, major, from, to, version } = ports.asked[0] ?? {}
  assert.deepEqual({ model, major, from, to, version }, { model: 'spam', major: 1, from: 1, to: 5, version: '1.0' })
})

test('where nothing was captured it says how that begins', async () => {
  const refusal = async (of: typeof contract) => {
    const thrown = await replayCases(of, { from: 1, to: 5 }, store([])).then(
      () => undefined,
      (error) => error,
    )
    assert.equal(thrown?.code, 'conflict')
    return String(thrown?.facts.next)
  }
  assert.match(await refusal(contract), /"capture: redacted"/)
  const capture = { payload: 'full', share: 1, keepMs: 1 } as const
  assert.match(await refusal({ ...contract, capture, check: contract.check }), /longer time/)
})

test('what would be too much is cut, and told', async () => {
  const inputs = [{ text: 'x'.repeat(9 * 2 ** 20) }]
  const { cases, notes } = await replayCases(
    contract,
    { from: 1, to: 5 },
    store(['a', 'b', 'c', 'd', 'e'].map((id) => payload(id, { inputs }))),
  )
  assert.deepEqual([cases.length, notes.length], [1, 1])
  assert.match(notes[0] ?? '', /^1 of 5 captured calls are replayed, as many as may/)
})

test('of a call with several items one is asked, the same one each time, and all of them have their turn', async () => {
  const [inputs, outputs] = [
    [0, 1, 2, 3].map((i) => ({ text: String(i) })),
    [0, 1, 2, 3].map((i) => (i === 2 ? { error: 'timeout' } : { output: { label: 'ham' } })),
  ]
  const calls = many(60).map((one) => ({ ...one, inputs, outputs }))
  const { cases, notes } = await replayCases(contract, { from: 1, to: 5 }, store(calls))
  assert.deepEqual(
    cases.map(({ id }) => id.split('/')[0]),
    calls.map(({ callId }) => callId),
  )
  assert.deepEqual([...new Set(cases.map(({ id }) => id.split('/')[1]))].toSorted(), ['0', '1', '3'])
  assert.ok(cases.every(({ id, input }) => JSON.stringify(input) === `{"text":"${id.split('/')[1]}"}`))
  assert.match(notes.join(' '), /^60 captured items that failed .* 120 further items are left out/)
  assert.deepEqual((await replayCases(contract, { from: 1, to: 5 }, store(calls))).cases, cases)
})

test('a sample is of the whole time, in its order; a smaller one is a part of it', async () => {
  const drawn = async (most: number) => await replayCases(contract, { from: 1, to: 5 }, store(many(400)), most)
  const { cases, seen } = await drawn(40)
  const places = cases.map(({ id }) => Number(id.slice('call-'.length)))
  assert.deepEqual([cases.length, seen], [40, 400])
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
  const later = places.filter((place) => place >= 200).length
  // Five standard deviations of a fair draw are 15.
  assert.ok(later > 5 && later < 35, `${later} of 40 are of the later half`)
  const ids = new Set(cases.map(({ id }) => id))
  assert.ok((await drawn(10)).cases.every(({ id }) => ids.has(id)))
})

test('what would take too long is left, and told', async () => {
  const ports = store(many(400), 1000)
  const { cases, notes } = await replayCases(contract, { from: 1, to: 5 }, ports)
  assert.deepEqual([ports.asked.length, cases.length], [10, 20])
  assert.match(notes.join(' '), /Nothing after 1970-01-01T00:00:00\.019Z was looked at/)
})
