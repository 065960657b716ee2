import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ContractState } from '../../kernel/catalog-state.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import type { Dialect, WireRequest } from '../../kernel/wire.ts'
import { permit } from '../admit/permit.ts'
import { assign } from '../assign/assign.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { estimateCost, estimateTokens, outputTokensDefault } from './estimate.ts'

function fitted(
  task: TaskName,
  given: { inputs?: readonly unknown[]; wire?: WireRequest; outputTokensMax?: number } = {},
): FittedCall {
  const limits: ContractState['limits'] = {
    bodyBytesMax: 10_000,
    itemsMax: 9,
    timeoutMs: 1000,
    firstByteMs: 1,
    idleMs: 1,
    inFlightMax: 2,
    ...(given.outputTokensMax === undefined ? {} : { outputTokensMax: given.outputTokensMax }),
  }
  const { inputs = [], wire } = given
  const catalog = testCatalog({ '1.0': 1 }, { contract: { task, limits } })
  const call = testCall({ inputs: wire ? [] : inputs, ...(wire ? { wire } : {}) })
  const assigned = assign(permit(call, testCaller(), catalog))
  const held = { inputs: wire ? [] : inputs, places: [], misfits: new Map(), waitedMs: 0 }
  return { ...assigned, ...held, way: wire ? 'relay' : 'inputs' }
}

function wire(dialect: Dialect, body: Record<string, unknown>, items = 1): WireRequest {
  return { dialect, bytes: Buffer.from(JSON.stringify(body)), body, items, canonical: () => [] }
}

const messages = [{ role: 'user', content: 'x'.repeat(300) }]
const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(90_000)}` } }
const bytes = (body: object) => Buffer.byteLength(JSON.stringify(body))

describe('tokens that a call may use', () => {
  it('are a third of its bytes, and what its answer may have', () => {
    const body = { messages, max_tokens: 50 }
    const estimate = estimateTokens(fitted('chat', { wire: wire('openai-chat', body) }), undefined)
    assert.deepEqual(estimate, { input: Math.ceil(bytes(body) / 3), output: 50 })
  })

  const outputs: readonly [string, FittedCall, number][] = [
    [
      'a default where nobody bounds it',
      fitted('chat', { wire: wire('openai-chat', { messages }) }),
      outputTokensDefault,
    ],
    [
      "the contract's bound where the caller says nothing",
      fitted('chat', { wire: wire('openai-chat', { messages }), outputTokensMax: 20 }),
      20,
    ],
    [
      "the contract's bound where the caller asks for more",
      fitted('chat', { wire: wire('anthropic-messages', { messages, max_tokens: 9000 }), outputTokensMax: 20 }),
      20,
    ],
    [
      'every answer of several',
      fitted('chat', { wire: wire('openai-chat', { messages, n: 3, max_tokens: 9 }), outputTokensMax: 20 }),
      27,
    ],
    [
      'every prompt of several',
      fitted('completion', { wire: wire('openai-completions', { prompt: ['a', 'b'], max_tokens: 9 }, 2) }),
      18,
    ],
    [
      'canonical inputs',
      fitted('chat', { inputs: [{ messages, outputTokensMax: 7, n: 2 }, { messages }], outputTokensMax: 20 }),
      34,
    ],
    ['nothing of an embedding', fitted('embedding', { inputs: [{ text: 'abc' }] }), 0],
  ]
  for (const [name, call, output] of outputs) {
    it(`hold for an answer: ${name}`, () => assert.equal(estimateTokens(call, undefined).output, output))
  }

  it('hold a flat figure for a picture, not its bytes', () => {
    const body = { messages: [{ role: 'user', content: [image] }] }
    const { input } = estimateTokens(fitted('chat', { wire: wire('openai-chat', body) }), undefined)
    assert.ok(input >= 1600 && input < 1700, String(input))
  })

  it('are none of a model that knows no tokens, nor of a count of them', () => {
    const nothing = { input: 0, output: 0 }
    assert.deepEqual(estimateTokens(fitted('classification', { inputs: [{ text: 'a' }] }), undefined), nothing)
    const count = fitted('chat', { wire: wire('anthropic-count-tokens', { messages }) })
    assert.deepEqual(estimateTokens(count, undefined), nothing)
  })

  it('hold what a version says of its own, for each input', () => {
    const inputs = [{ text: 'a' }, { text: 'b' }]
    const own = { bytes: 300, outputTokensMax: 64 }
    const estimate = estimateTokens(fitted('classification', { inputs }), own)
    assert.deepEqual(estimate, { input: Math.ceil(bytes(inputs) / 3) + 200, output: 128 })
  })
})

describe('what a call may cost', () => {
  const tokens = { input: 1_000_000, output: 100_000 }

  it('is its tokens at the dearest of their prices', () => {
    const price = { from: '1970-01-01', input: 1, cachedInput: 0.1, cacheWriteInput: 1.25, output: 10, reasoning: 20 }
    assert.equal(estimateCost(price, 1, tokens), 1.25 + 2)
  })

  it('is by the item where the model is paid so', () => {
    assert.equal(estimateCost({ from: '1970-01-01', items: 5 }, 1000, { input: 0, output: 0 }), 0.005)
  })

  it('is nothing that anybody knows where an amount has no price', () => {
    assert.equal(estimateCost({ from: '1970-01-01', input: 1 }, 1, tokens), 0)
  })
})
