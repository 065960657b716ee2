import assert from 'node:assert/strict'
import { waitUntil } from '../wait-until.ts'
import { type Bed, readCapabilities } from './bed.ts'
import { features } from './features.ts'
import type { Heard, LlmClient } from './llm-client.ts'
import { twoCalls, twoCallsUsage } from './two-calls.ts'
import { toolResult, type Upstream } from './upstreams.ts'

/** One client, and the fake that serves it. */
export interface Ground {
  readonly client: LlmClient
  readonly upstream: Upstream
  /** Holds the Record of the last call against what the client was told. */
  recorded(heard: Heard, streamed?: boolean): Promise<void>
  lastRecord(): ReturnType<Bed['record']>
}

const capability = await readCapabilities()
const words = ['Where ', 'is ', 'my ', 'parcel?']
export const text = words.join('')
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const oneCall = { tool: 'weather', arguments: { city: 'Paris' } }
const askedTool = { text: 'Please use the tool', tools: true }

function said(upstream: Upstream, answer: string, count = answer.split(' ').length): Heard {
  return { text: answer, calls: [], finish: 'stop', usage: upstream.usage(count) }
}

/** What each client does onto each fake, and what it is told then. */
export const chatScenarios: Readonly<Record<string, (ground: Ground) => Promise<void>>> = {
  async 'a whole answer, with a system prompt'({ client, upstream, recorded }) {
    const heard = await client.whole({ text, system: 'Be brief, please.' })
    assert.deepEqual(heard, said(upstream, text))
    assert.match(upstream.lastBody(), /Be brief, please\./)
    await recorded(heard)
  },

  async 'a stream, piece by piece'({ client, upstream, recorded }) {
    const heard = await client.stream({ text })
    assert.deepEqual(heard, { ...said(upstream, text), deltas: words })
    await recorded(heard, true)
  },

  async 'an image'({ client, upstream, recorded }) {
    const heard = await client.whole({ text, image: png })
    assert.deepEqual(heard, said(upstream, text))
    assert.ok(upstream.lastBody().includes(png))
    await recorded(heard)
  },

  async 'a tool is called'({ client, upstream, recorded }) {
    const heard = await client.whole(askedTool)
    assert.deepEqual(heard, { text: '', calls: [oneCall], finish: 'tool-calls', usage: upstream.usage(7) })
    await recorded(heard)
  },

  async 'a tool is called in a stream'({ client, upstream, recorded }) {
    const heard = await client.stream(askedTool)
    assert.deepEqual(heard, { text: '', deltas: [], calls: [oneCall], finish: 'tool-calls', usage: upstream.usage(7) })
    await recorded(heard, true)
  },

  async 'two tools are called at once'({ client, upstream, recorded }) {
    upstream.callTwo(false)
    const heard = await client.whole(askedTool)
    assert.deepEqual(heard, { text: '', calls: twoCalls, finish: 'tool-calls', usage: twoCallsUsage })
    await recorded(heard)
  },

  async 'two tools are called at once in a stream'({ client, upstream, recorded }) {
    upstream.callTwo(true)
    const heard = await client.stream(askedTool)
    assert.deepEqual(heard, { text: '', deltas: [], calls: twoCalls, finish: 'tool-calls', usage: twoCallsUsage })
    await recorded(heard, true)
  },

  async 'the results of two tools go back'({ client, upstream, recorded }) {
    upstream.callTwo(false)
    const heard = await client.toolTurn(askedTool)
    assert.deepEqual(heard, said(upstream, `The tool said ${toolResult}`))
    assert.equal(upstream.lastBody().split(toolResult).length - 1, 2)
    await recorded(heard)
  },

  async 'an answer in the form of a schema'({ client, upstream, lastRecord }) {
    const place = client.place({ text: 'Where? If you have one, use the tool.' })
    if (client.placeNeeds && capability(upstream.column, client.placeNeeds) === '–') {
      const fault = await thrownBy(place)
      assert.ok(fault instanceof client.faults[400], String(fault))
      assert.match(fault.message, /cannot be passed .* Leave it out/)
      return
    }
    assert.deepEqual(await place, { city: 'Paris' })
    assert.equal((await lastRecord()).outcome, 'ok')
  },

  async 'what the vendor refuses is the caller’s to read, in the client’s own error'({ client, lastRecord }) {
    const fault = await thrownBy(client.whole({ text: '!refused for a reason' }))
    assert.ok(fault instanceof client.faults[400], String(fault))
    assert.match(fault.message, /too odd|too high/)
    const { outcome, code } = await lastRecord()
    assert.deepEqual([outcome, code], ['failed', 'invalid_input'])
  },

  async 'who leaves stops the vendor'({ client, upstream, lastRecord }) {
    await client.leave({ text: '!stall here' })
    await waitUntil('the vendor is let go', () => upstream.running() === 0, 1000)
    const { outcome, code, streamed, outputTokens, usageEstimated } = await lastRecord()
    assert.deepEqual([outcome, code, streamed, usageEstimated], ['cancelled', 'cancelled', true, true])
    assert.ok(outputTokens >= 1)
  },
}

/** As docs/capabilities.md says; nothing is sent of what is refused. */
export async function tryFeatures({ client, upstream, lastRecord }: Ground, words: NonNullable<LlmClient['words']>) {
  for (const [feature, asked] of Object.entries(features)) {
    const ask = asked[words]
    if (!ask) continue
    const before = upstream.lastBody()
    // In the vendor's own words all passes through.
    if (upstream.speaks === words || capability(upstream.column, feature) !== '–') {
      await client.whole({ text, ...ask })
      assert.equal((await lastRecord()).outcome, 'ok', feature)
      continue
    }
    for (const say of [client.whole, client.stream]) {
      const fault = await thrownBy(say({ text, ...ask }))
      assert.ok(fault instanceof client.faults[400], `${feature}: ${fault}`)
      assert.match(fault.message, /Leave it out/, feature)
      assert.equal(upstream.lastBody(), before, feature)
      const { outcome, code, unpriced } = await lastRecord()
      assert.deepEqual([feature, outcome, code, unpriced], [feature, 'refused', 'unsupported', false])
    }
  }
}

export async function thrownBy(work: Promise<unknown>): Promise<Error> {
  const thrown = await work.then(
    (answer) => assert.fail(`no error but ${JSON.stringify(answer)}`),
    (error) => error,
  )
  assert.ok(thrown instanceof Error)
  return thrown
}
