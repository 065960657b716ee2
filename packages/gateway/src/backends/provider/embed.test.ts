import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { outputs, predict } from '../testing/asking.ts'
import type { ProviderName } from './providers.ts'
import { openProvider, type ProviderHarness } from './testing/provider-harness.ts'

/** A model of each vendor that embeds. */
const models: readonly [ProviderName, string][] = [
  ['google', 'gemini-embedding-001'],
  ['vertex', 'text-embedding-005'],
  ['bedrock', 'amazon.titan-embed-text-v2:0'],
  ['mistral', 'mistral-embed'],
  ['cohere', 'embed-v4.0'],
]
/** More than most vendors take at once. */
const texts = Array.from({ length: 120 }, (_, n) => ({ text: `text ${n}` }))

for (const [name, model] of models) {
  describe(`provider ${name} embeds`, () => {
    test('a vector for each text, in order', () =>
      held(name, model, async (harness) => {
        assert.deepEqual(
          await outputs(harness, texts),
          texts.map((_, n) => ({ embedding: [n, 0.5] })),
        )
      }))

    test('a fault is told as that of a chat', () =>
      held(name, model, async (harness) => {
        await assert.rejects(predict(harness, [{ text: '[busy]' }]), { code: 'upstream_unavailable' })
      }))
  })
}

test('what stands beside a text is refused', () =>
  held('google', 'gemini-embedding-001', async (harness) => {
    const { items } = await predict(harness, [{ text: 'a', dimensions: 256 }])
    const [item] = items
    assert.ok(item && 'error' in item && item.error.code === 'unsupported')
    assert.deepEqual(harness.upstream.requests, [])
  }))

test('a vendor without embeddings says so', () =>
  held('groq', 'llama', async (harness) => {
    const { items } = await predict(harness, texts.slice(0, 1))
    const [item] = items
    assert.ok(item && 'error' in item && item.error instanceof AstraError)
    assert.equal(item.error.message, '"embeddings" cannot be passed to groq/llama')
  }))

async function held(
  name: ProviderName,
  model: string,
  run: (harness: ProviderHarness) => Promise<void>,
): Promise<void> {
  const harness = await openProvider(name)
  const { contract, state, ...version } = harness.version
  const settings = { ...state.settings, model }
  const embedding = { ...version, contract: { ...contract, task: 'embedding' as const }, state: { ...state, settings } }
  try {
    await run({ ...harness, version: embedding })
  } finally {
    await harness.backend.close()
    await harness.close()
  }
}
