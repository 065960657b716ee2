import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BackendEvent } from '../../kernel/backend.ts'
import type { ChatAnswer, ChatChunk, ChatRequest } from '../../kernel/chat.ts'
import { type AstraError, publicError } from '../../kernel/errors.ts'
import { predict, stream } from '../testing/asking.ts'
import { type ProviderName, providers } from './providers.ts'
import { ask, openProvider, type ProviderHarness, testKey } from './testing/provider-harness.ts'

const usage = { inputTokens: 12, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 3 }
/** What a vendor's protocol does not tell. */
const untold: Partial<Record<ProviderName, readonly (keyof typeof usage)[]>> = {
  bedrock: ['reasoningTokens'],
  mistral: ['reasoningTokens'],
  cohere: ['cachedInputTokens', 'reasoningTokens'],
}
/** What a vendor signs its tool calls with. */
const callProof: Partial<Record<ProviderName, { readonly signature: string }>> = {
  google: { signature: 'c2lnbmVk' },
  vertex: { signature: 'c2lnbmVk' },
}
const tools = [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }]

for (const name of Object.keys(providers) as ProviderName[]) {
  const told = Object.fromEntries(
    Object.entries(usage).filter(([field]) => !untold[name]?.includes(field as 'inputTokens')),
  )

  describe(`provider ${name}`, () => {
    held('tells the usage of a whole answer', async (harness) => {
      assert.deepEqual((await predict(harness, [ask('good morning')])).usage, told)
    })

    held('tells the usage of a streamed answer after its end', async (harness) => {
      const events = await read(harness, ask('good morning'))
      assert.deepEqual(events.at(-2)?.type === 'chunk' && events.at(-2), {
        type: 'chunk',
        chunk: { type: 'choice-end', choice: 0, finishReason: 'stop' },
      })
      assert.deepEqual(events.at(-1), { type: 'usage', usage: told })
    })

    held('reads a tool call, whole', async (harness) => {
      const { items } = await predict(harness, [ask('use the tool', { tools })])
      const { choices } = outputOf(items[0])
      const [part] = choices[0]?.content ?? []
      assert.ok(part?.type === 'tool-call')
      const { id, arguments: text, ...call } = part
      assert.deepEqual(call, { type: 'tool-call', tool: 'weather', ...callProof[name] })
      assert.ok(id)
      assert.deepEqual(JSON.parse(text), { city: 'Paris' })
      assert.equal(choices[0]?.finishReason, 'tool-calls')
    })

    held('reads a tool call, streamed', async (harness) => {
      const chunks = chunksOf(await read(harness, ask('use the tool', { tools })))
      const [start] = chunks
      const expected = { type: 'tool-call-start', choice: 0, id: '', tool: 'weather', ...callProof[name] }
      assert.deepEqual({ ...start, id: '' }, expected)
      const text = chunks.flatMap((chunk) => (chunk.type === 'tool-call-delta' ? [chunk.arguments] : [])).join('')
      assert.deepEqual(JSON.parse(text), { city: 'Paris' })
      assert.deepEqual(chunks.at(-1), { type: 'choice-end', choice: 0, finishReason: 'tool-calls' })
    })

    held('tells the caller why a request was refused', async (harness) => {
      const error = await failure(harness, '[refused]')
      assert.equal(error.code, 'invalid_input')
      assert.match(publicError(error).detail, /the temperature is too high/)
    })

    held('a key that the vendor does not take is for an operator to mend', async (harness) => {
      const error = await failure(harness, '[denied]')
      assert.equal(error.code, 'upstream_failed')
      assert.match(String(error.facts.reason), /401.*is the key right/)
    })

    held('an error inside a 200 is an error', async (harness) => {
      const error = await failure(harness, '[error200]')
      assert.match(error.code, /^upstream_/)
      assert.match(String(error.facts.reason), /the fake was told to fail/)
    })

    held('a truncated answer is upstream_failed, and quotes nothing of it', async (harness) => {
      const error = await failure(harness, '[truncated] parrots')
      assert.equal(error.code, 'upstream_failed')
      assert.doesNotMatch(String(error.facts.reason), /parrots/)
    })

    held('a stream that ends without its terminal event is upstream_failed', async (harness) => {
      await assert.rejects(read(harness, ask('[unended] parrots')), { code: 'upstream_failed' })
    })

    held('no error shows the key, though the vendor repeats it', async (harness) => {
      for (const told of ['refused', 'denied', 'failed', 'busy', 'error200']) {
        const { facts, message } = await failure(harness, `[${told}]`)
        assert.ok(!JSON.stringify([facts, message]).includes(testKey))
        assert.ok(JSON.stringify(harness.upstream.requests.at(-1)?.headers).includes(testKey), 'the key was sent')
      }
    })

    held('an error in place of a stream is told with what it says of itself', async (harness) => {
      await assert.rejects(read(harness, ask('[busy]')), { code: 'upstream_unavailable' })
      await assert.rejects(read(harness, ask('[error200]')), { code: /^upstream_/ })
    })

    held('what the vendor cannot be told is refused before anything is sent', async (harness) => {
      const request = ask('good morning', { n: 2 })
      const { items } = await predict(harness, [request])
      assert.match(String((items[0] as { error: AstraError }).error), /"n" cannot be passed to/)
      await assert.rejects(read(harness, request), { code: 'unsupported' })
      assert.deepEqual(harness.upstream.requests, [])
    })
  })

  function held(title: string, run: (harness: ProviderHarness) => Promise<void>): void {
    test(title, async () => {
      const harness = await openProvider(name)
      try {
        await run(harness)
      } finally {
        await harness.backend.close()
        await harness.close()
      }
    })
  }
}

async function read(harness: ProviderHarness, request: ChatRequest): Promise<BackendEvent[]> {
  return Array.fromAsync(stream(harness, request))
}

function outputOf(item: unknown): ChatAnswer {
  return (item as { readonly output: ChatAnswer }).output
}

function chunksOf(events: readonly BackendEvent[]): ChatChunk[] {
  return events.flatMap((event) => (event.type === 'chunk' ? [event.chunk as ChatChunk] : []))
}

async function failure(harness: ProviderHarness, text: string): Promise<AstraError> {
  return predict(harness, [ask(text)]).then(
    ({ items }) => (items[0] as { readonly error: AstraError }).error,
    (thrown) => thrown,
  )
}
