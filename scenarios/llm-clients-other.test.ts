import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { OpenAI as LangchainCompletions, OpenAIEmbeddings } from '@langchain/openai'
import { embed, embedMany, generateText, streamText } from 'ai'
import { openaiCompatible } from './testing/llm-clients/ai-sdk.ts'
import { anthropicClient } from './testing/llm-clients/anthropic-messages.ts'
import { type Bed, openBed, versionOf } from './testing/llm-clients/bed.ts'
import type { ClientAccess } from './testing/llm-clients/llm-client.ts'
import { openaiClient, openaiFaults } from './testing/llm-clients/openai-chat.ts'
import { type UpstreamName, upstreamNames } from './testing/llm-clients/upstreams.ts'
import { repositoryModels } from './testing/start-test-gateway.ts'

/** What the official clients do beside chats. */
describe('the official clients beside chats', () => {
  let bed: Bed
  before(async () => {
    bed = await openBed(repositoryModels)
  })
  after(() => bed.close())

  const lastRecord = () => bed.record(bed.answers().at(-1))

  describe('embeddings', () => {
    /** Each asks for the vectors of all texts in one call. */
    const embedders: Readonly<
      Record<string, (access: ClientAccess, model: string, texts: string[]) => Promise<readonly (readonly number[])[]>>
    > = {
      // base64 on the wire, unless floats are asked for.
      openai: async (access, model, input) => vectorsOf(await openaiClient(access).embeddings.create({ model, input })),
      'openai, floats': async (access, model, input) =>
        vectorsOf(await openaiClient(access).embeddings.create({ model, input, encoding_format: 'float' })),
      ai: async (access, model, values) =>
        (await embedMany({ model: openaiCompatible(access).embeddingModel(model), values })).embeddings,
      '@langchain/openai': ({ url, key, headers, fetch }, model, texts) =>
        new OpenAIEmbeddings({
          model,
          apiKey: key,
          configuration: { baseURL: `${url}/openai/v1`, defaultHeaders: headers, fetch },
        }).embedDocuments(texts),
    }
    const texts = ['text 7', 'a longer text 8', 'text 9']

    for (const [name, vectors] of Object.entries(embedders)) {
      for (const served of ['openai', 'google', 'vertex', 'bedrock', 'mistral', 'cohere'] as const) {
        it(`${name} onto ${served}`, async () => {
          const expected = texts.map((text) => bed.upstream(served).vector?.(text))
          assert.deepEqual(await vectors(bed.access(served), 'vectors', texts), expected)
          const { door, versionServed, outcome, items, inputTokens, upstreamModel } = await lastRecord()
          assert.deepEqual(
            [door, versionServed, outcome, items, upstreamModel],
            ['openai', versionOf(served), 'ok', 3, bed.upstream(served).upstreamModel],
          )
          // Gemini does not tell it, and nothing is made up.
          assert.equal(inputTokens > 0, served !== 'google')
        })
      }

      it(`${name} onto the repository’s own model`, async () => {
        const found = await vectors(unpinned('openai'), 'embed', [
          'Where is my parcel?',
          'My package has not come',
          'A cat',
        ])
        assert.deepEqual(
          found.map(({ length }) => length),
          [512, 512, 512],
        )
        const [asked = [], like = [], unlike = []] = found
        assert.ok(similarity(asked, like) > similarity(asked, unlike) + 0.1)
        const { door, versionServed, outcome, items } = await lastRecord()
        assert.deepEqual([door, versionServed, outcome, items], ['openai', '1.0', 'ok', 3])
      })
    }

    it('one text alone, and no other dimensions than the contract has', async () => {
      const { embeddings } = openaiClient(bed.access('openai'))
      const { data, model, usage } = await embeddings.create({ model: 'vectors', input: 'text 7' })
      assert.deepEqual([data.length, data[0]?.embedding.length, data[0]?.index, usage.prompt_tokens], [1, 4, 0, 2])
      const wish = { model: 'vectors', input: 'text 7', dimensions: 8 }
      await assert.rejects(embeddings.create(wish), { status: 400, code: 'unsupported' })
      assert.equal(typeof model, 'string')
      const provider = openaiCompatible(bed.access('google'))
      const { embedding } = await embed({ model: provider.embeddingModel('vectors'), value: 'text 7' })
      assert.deepEqual(embedding, [7, 0.5])
    })
  })

  describe('completions', () => {
    const words = ['Once ', 'upon ', 'a ', 'time']
    const prompt = words.join('')
    async function recorded(streamed: boolean) {
      const { door, model, outcome, inputTokens, outputTokens, ...record } = await lastRecord()
      assert.deepEqual(
        [door, model, outcome, record.streamed, inputTokens, outputTokens],
        ['openai', 'texts', 'ok', streamed, 4, 4],
      )
    }

    it('openai', async () => {
      const { completions } = openaiClient(bed.access('openai'))
      const { choices, usage: told } = await completions.create({ model: 'texts', prompt })
      assert.deepEqual([choices[0]?.text, choices[0]?.finish_reason, told?.completion_tokens], [prompt, 'stop', 4])
      await recorded(false)
      const deltas: string[] = []
      for await (const { choices } of await completions.create({ model: 'texts', prompt, stream: true }))
        if (choices[0]?.text) deltas.push(choices[0].text)
      assert.deepEqual(deltas, words)
      await recorded(true)
    })

    it('ai', async () => {
      const model = openaiCompatible(bed.access('openai')).completionModel('texts')
      // It writes a conversation of what it is given; the fake says it back.
      const whole = await generateText({ model, prompt })
      assert.ok(whole.text.includes(prompt))
      assert.equal((await lastRecord()).outcome, 'ok')
      const stream = streamText({ model, prompt })
      let said = ''
      for await (const delta of stream.textStream) said += delta
      assert.equal(said, whole.text)
      assert.equal((await stream.usage).outputTokens, (await lastRecord()).outputTokens)
    })

    it('@langchain/openai', async () => {
      const { url, key, headers, fetch } = bed.access('openai')
      const configuration = { baseURL: `${url}/openai/v1`, defaultHeaders: headers, fetch }
      const model = new LangchainCompletions({ model: 'texts', apiKey: key, configuration })
      assert.equal(await model.invoke(prompt), prompt)
      await recorded(false)
      const deltas: string[] = []
      for await (const delta of await model.stream(prompt)) if (delta !== '') deltas.push(delta)
      assert.deepEqual(deltas, words)
      await recorded(true)
    })
  })

  it('moderations: openai', async () => {
    const { moderations } = openaiClient(bed.access('openai'))
    const { results } = await moderations.create({ model: 'moderate', input: ['do harm', 'do good'] })
    assert.deepEqual(
      results.map(({ flagged, category_scores: { violence } }) => [flagged, violence]),
      [
        [true, 0.9],
        [false, 0.01],
      ],
    )
    const { door, model, outcome, items } = await lastRecord()
    assert.deepEqual([door, model, outcome, items], ['openai', 'moderate', 'ok', 2])
  })

  describe('models', () => {
    it('openai: every one that this door serves, and one alone', async () => {
      const { models } = openaiClient(bed.access('openai'))
      const ids: string[] = []
      for await (const { id } of models.list()) ids.push(id)
      assert.deepEqual(ids.sort(), ['chat', 'embed', 'moderate', 'texts', 'vectors'])
      const { id, object, owned_by: owner } = await models.retrieve('chat')
      assert.deepEqual([id, object, owner], ['chat', 'model', 'tests'])
    })

    it('@anthropic-ai/sdk: those for chats', async () => {
      const { models } = anthropicClient(bed.access('openai'))
      const ids: string[] = []
      for await (const { id } of models.list()) ids.push(id)
      assert.deepEqual(ids, ['chat'])
      assert.equal((await models.retrieve('chat')).type, 'model')
    })
  })

  it('what is not there is refused with what to do instead', async () => {
    const openai = openaiClient(bed.access('openai'))
    const anthropic = anthropicClient(bed.access('openai'))
    const input = 'Where is my parcel?'
    const refused: readonly (readonly [() => PromiseLike<unknown>, RegExp])[] = [
      [() => openai.responses.create({ model: 'chat', input, store: true }), /store/],
      [() => openai.responses.create({ model: 'chat', input, previous_response_id: 'resp_1' }), /earlier turns/],
      [() => openai.responses.retrieve('resp_1'), /send the whole conversation/],
      [() => openai.files.list(), /Send the file inside the message/],
      [() => openai.batches.list(), /one by one/],
      [() => openai.images.generate({ model: 'chat', prompt: input }), /contract of its own/],
    ]
    for (const [ask, advice] of refused) {
      await assert.rejects(
        async () => ask(),
        (fault) => {
          assert.ok(fault instanceof openaiFaults[400], String(fault))
          assert.equal(fault.code, 'unsupported')
          assert.match(fault.message, advice)
          return true
        },
      )
    }
    await assert.rejects(async () => anthropic.messages.batches.list(), /one by one/)
  })

  describe('count_tokens: @anthropic-ai/sdk', () => {
    for (const served of upstreamNames) {
      it(`onto ${served}`, async () => {
        const { messages } = anthropicClient(bed.access(served))
        const { input_tokens: tokens } = await messages.countTokens({
          model: 'chat',
          messages: [{ role: 'user', content: 'Where is my parcel?' }],
        })
        const answer = bed.answers().at(-1)
        const counts = served === 'anthropic'
        assert.equal(answer?.headers.get('astra-estimated'), counts ? null : 'true')
        assert.ok(counts ? tokens === bed.upstream(served).usage(0).inputTokens : tokens >= 5 && tokens < 50)
        const { door, outcome } = await bed.record(answer)
        assert.deepEqual([door, outcome], ['anthropic', 'ok'])
      })
    }
  })

  function unpinned(name: UpstreamName): ClientAccess {
    return { ...bed.access(name), headers: {} }
  }
})

function vectorsOf({ data }: { readonly data: readonly { readonly embedding: readonly number[] }[] }) {
  return data.map(({ embedding }) => embedding)
}

function similarity(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
