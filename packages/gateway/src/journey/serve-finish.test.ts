import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Item } from '../kernel/answer.ts'
import type { Relay } from '../kernel/backend.ts'
import { journeyWith, outcome } from './testing/journey-bed.ts'

const upstreamModels = { '1.0': 'large', '1.1': 'small' }
const wire = {
  dialect: 'openai-chat' as const,
  bytes: Buffer.from('{}'),
  body: {},
  items: 1,
  canonical: () => [{ text: 'a' }],
}

test('the Record tells how the relayed answer of a language model ended', async () => {
  const relay: Relay = {
    speaks: () => true,
    predict: async (_version, _replica, { bytes }) => ({ bytes, text: 'x', finish: 'length' }),
    stream: async function* () {
      yield { type: 'relayed', bytes: Buffer.from('x'), content: true, text: 'x' }
      yield { type: 'relayed', bytes: Buffer.from('y'), content: true, text: '', finish: 'refusal' }
    },
  }
  const relayed = { inputs: [], wire }
  assert.equal((await outcome(journeyWith({ relay, upstreamModels }), relayed)).record.finish, 'length')
  assert.equal(
    (await outcome(journeyWith({ relay, upstreamModels }), { ...relayed, stream: true })).record.finish,
    'refusal',
  )
  const untold = { ...relay, predict: async () => ({ bytes: wire.bytes, text: 'x' }) }
  assert.equal((await outcome(journeyWith({ relay: untold, upstreamModels }), relayed)).record.finish, undefined)
})

const revision = { input: {}, output: {}, chunk: {} }
const choice = (finishReason: string) => ({ content: [], finishReason })

test('and how one in its canonical form did', async () => {
  const items: readonly Item[] = [{ output: { choices: [choice('stop'), choice('length')] } }]
  const chat = {
    upstreamModels,
    revision,
    predict: async () => ({ items }),
    stream: async function* () {
      yield { type: 'chunk' as const, chunk: { type: 'text-delta', choice: 0, text: 'x' } }
      yield { type: 'chunk' as const, chunk: { type: 'choice-end', choice: 0, finishReason: 'tool-calls' } }
    },
  }
  assert.equal((await outcome(journeyWith(chat))).record.finish, 'length')
  assert.equal((await outcome(journeyWith(chat), { stream: true })).record.finish, 'tool-calls')
  const { upstreamModels: _, ...custom } = chat
  assert.equal((await outcome(journeyWith(custom))).record.finish, undefined)
  const bare = { ...chat, predict: async () => ({ items: [{ output: { choices: 'none' } }] }) }
  assert.equal((await outcome(journeyWith(bare))).record.finish, undefined)
})
