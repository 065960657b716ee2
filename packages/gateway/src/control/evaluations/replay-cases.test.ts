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

/** Two a page. */
function store(all: readonly Payload[]) {
  const asked: PayloadFilter[] = []
  return {
    asked,
    async payloads(filter: PayloadFilter) {
      asked.push(filter)
      const from = Number(filter.after ?? 0)
      const next = from + 2 < all.length ? String(from + 2) : undefined
      return { payloads: all.slice(from, from + 2), next }
    },
  }
}

test('each captured item is a case, with what was answered then; what cannot be replayed is left out and told', async () => {
  const payloads = store([
    payload('a'),
    payload('b', { inputs: [{ text: 'x' }, { text: 'y' }], outputs: [{ text: 'said' }, { error: 'timeout' }] }),
    payload('c', { redacted: true }),
    payload('d', { redacted: true, inputs: [{ other: 1 }] }),
  ])
  const { cases, notes } = await replayCases(contract, { from: 1, to: 5, version: '1.0' }, payloads)
  assert.deepEqual(cases, [
    { id: 'a', input: { text: 'a' }, answered: { label: 'ham' } },
    { id: 'b/0', input: { text: 'x' }, answered: { text: 'said' } },
    { id: 'c', input: { text: 'a' }, answered: { label: 'ham' } },
  ])
  assert.equal(notes.length, 3)
  assert.match(
    notes.join(' '),
    /1 captured items .* failed then.* 1 captured inputs .* not fit.* 1 inputs were captured redacted/,
  )
  const { model, major, from, to, version } = payloads.asked[0] ?? {}
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
  assert.deepEqual([cases.length, notes.length], [2, 1])
  assert.match(notes[0] ?? '', /^Only the first 2 /)
})
