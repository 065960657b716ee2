import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { aiAnthropicClient, aiOpenaiClient } from './testing/llm-clients/ai-sdk.ts'
import { anthropicMessagesClient } from './testing/llm-clients/anthropic-messages.ts'
import { type Bed, openBed, versionOf } from './testing/llm-clients/bed.ts'
import { chatScenarios, type Ground, text, thrownBy, tryFeatures } from './testing/llm-clients/chat-scenarios.ts'
import { langchainClient, langchainResponsesClient } from './testing/llm-clients/langchain.ts'
import { openaiChatClient } from './testing/llm-clients/openai-chat.ts'
import { openaiResponsesClient } from './testing/llm-clients/openai-responses.ts'
import { type UpstreamName, upstreamNames } from './testing/llm-clients/upstreams.ts'

/** The official clients as they are installed: whatever vendor serves, each gets what it would get of its own. */
const clients = [
  openaiChatClient,
  openaiResponsesClient,
  anthropicMessagesClient,
  aiOpenaiClient,
  aiAnthropicClient,
  langchainClient,
  langchainResponsesClient,
]

const nowhere = { url: 'http://127.0.0.1', key: 'none', headers: {}, fetch }

describe('the official clients, whatever serves', () => {
  let bed: Bed
  before(async () => {
    bed = await openBed()
  })
  after(() => bed.close())

  for (const open of clients) {
    const { name, words } = open(nowhere)
    for (const served of upstreamNames) {
      describe(`${name} onto ${served}`, () => {
        for (const [scenario, run] of Object.entries(chatScenarios)) {
          it(scenario, () => run(groundOf(open, served)))
        }
        if (words) it('each feature is carried, or refused clearly', () => tryFeatures(groundOf(open, served), words))
      })
    }
  }

  describe('faults of the caller’s own, in the client’s own classes', () => {
    beforeEach(() => {
      bed.answers()
    })

    for (const open of clients) {
      const { name } = open(nowhere)
      it(`${name}: a key that nobody made`, async () => {
        const client = open({ ...bed.access('openai'), key: 'astra_unknown' })
        const fault = await thrownBy(client.whole({ text }))
        assert.ok(fault instanceof client.faults[401], String(fault))
        assert.match(fault.message, /not known here\. Send .* made by/)
        const answers = bed.answers()
        assert.deepEqual(
          answers.map(({ status }) => status),
          [401],
        )
      })

      it(`${name}: a model that is not there`, async () => {
        const client = open(bed.access('openai'))
        for (const say of [client.whole, client.stream]) {
          const fault = await thrownBy(say({ text, model: 'nothing' }))
          assert.ok(fault instanceof client.faults[404], String(fault))
          assert.match(fault.message, /There is no model \\*"nothing/)
          const answers = bed.answers()
          assert.deepEqual(
            answers.map(({ status }) => status),
            [404],
          )
          const { door, model, outcome, code } = await bed.record(answers[0])
          assert.deepEqual([door, model, outcome, code], [client.door, 'nothing', 'refused', 'unknown_model'])
        }
      })

      it(`${name}: a model of another task`, async () => {
        const client = open({ ...bed.access('openai'), headers: {} })
        const fault = await thrownBy(client.whole({ text, model: 'vectors' }))
        assert.ok(fault instanceof client.faults[400], String(fault))
        assert.match(
          fault.message,
          /vectors\\*" is no chat model: its task is embedding\. Call it at POST \/v1\/embeddings/,
        )
        assert.equal((await bed.record(bed.answers()[0])).code, 'wrong_task')
      })
    }
  })

  function groundOf(open: (typeof clients)[number], served: UpstreamName): Ground {
    const client = open(bed.access(served))
    const upstream = bed.upstream(served)
    const lastRecord = async () => {
      const records = await Promise.all(bed.answers().map(bed.record))
      return records.at(-1)
    }
    return {
      client,
      upstream,
      lastRecord,
      async recorded({ usage }, streamed = false) {
        const record = await lastRecord()
        const expected = {
          door: client.door,
          model: 'chat',
          versionServed: versionOf(served),
          assignReason: 'pin',
          outcome: 'ok',
          streamed,
          items: 1,
          ...usage,
          usageEstimated: false,
          upstreamModel: upstream.upstreamModel,
        }
        assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, record[key]])), expected)
      },
    }
  }
})
