import type { AnswerStream, AstraError, BatchResult } from '@astraapi/sdk'
import { createAstra } from '@astraapi/sdk'
import { createClient, type Llama_3V1Input, type Models, type SpamV1Output } from './generated/astra-models.ts'

/** What must compile. It is never run. */
export async function good(): Promise<void> {
  const astra = createClient({ url: 'https://astra.test', key: 'k', timeoutMs: 5000, retries: 0 })

  const { output, id, version, cached, usage } = await astra.models.spam.v1.predict({ text: 'a' }, { unit: 'user-1' })
  same<SpamV1Output>(output)
  same<'ham' | 'spam'>(output.label)
  same<string>(id + version)
  same<boolean>(cached)
  same<number | undefined>(usage.inputTokens)
  await astra.models.spam.v2.predict({ text: 'a', language: null })
  await astra.model('spam', 'v2').predict({ text: 'a' })

  const texts: readonly { readonly text: string }[] = [{ text: 'a' }]
  const { results } = await astra.models.spam.v1.batch(texts)
  for (const result of results) {
    same<BatchResult<SpamV1Output>>(result)
    if (result.error) same<AstraError>(result.error)
    else same<number>(result.output.score)
  }

  const story = astra.models.story.v1.stream({ prompt: 'a', stop: ['b'] as const })
  same<AnswerStream<{ text: string }>>(story)
  for await (const chunk of story) same<string>(chunk.text)
  same<string>((await story.answer).version)
  same<number>((await story.usage).items)

  for await (const chunk of astra.models.supportChat.v1.stream({ messages: [{ role: 'user', text: 'a' }] }))
    same<string | number>(chunk)
  const chat = await astra.models['support-chat'].v1.predict({ messages: [{ role: 'tool', result: { any: 1 } }] })
  same<string | null>(chat.output)

  const every: Llama_3V1Input = {
    'a-b': true,
    "it's": 'back\\slash',
    level: -3,
    pair: [1],
    weights: { a: 1 },
    open: { known: 'a', other: [1] },
    anyObject: { a: null },
    empty: {},
    grid: [[1, null]],
    list: [1, 'a'],
    nothing: null,
  }
  const numbers = await astra.models['llama-3'].v1.predict(every)
  // An output is the caller's own, to change.
  numbers.output.push({ x: 1 })

  await astra.feedback({ call: id, metric: 'correct', value: true })
  await astra.feedback({ reference: 'r', metric: 'stars', value: 4, source: 'ground_truth', comment: 'c' })
  same<Models['spam']['v1']['input']>({ text: 'a' })

  const untyped = createAstra({ url: 'https://astra.test', key: 'k' })
  same<unknown>((await untyped.model('any', 'v7').predict({ any: 1 })).output)
  for await (const chunk of untyped.model('any', 'v7').stream('a')) same<unknown>(chunk)
}

function same<T>(_value: T): void {}
