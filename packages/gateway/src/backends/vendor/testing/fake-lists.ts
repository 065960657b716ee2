import { openaiError } from './fake-chat.ts'
import type { FakeAnswer, FakeEndpoint } from './fake-protocol.ts'
import { type Json, wordsOf } from './fake-turn.ts'

/** OpenAI's embeddings: the first number is the text's length. */
export const fakeEmbeddings: FakeEndpoint = { answer: embed, error: openaiError }

/** OpenAI's moderations: "harm" is harmful. */
export const fakeModerations: FakeEndpoint = { answer: moderate, error: openaiError }

function inputsOf({ input }: Json): readonly string[] {
  const list = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]
  return list.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry)))
}

function embed(body: Json): FakeAnswer {
  const texts = inputsOf(body)
  const size = typeof body.dimensions === 'number' ? body.dimensions : 4
  const vector = (text: string) => Array.from({ length: size }, (_, i) => (i === 0 ? text.length : i / 4))
  const written = (numbers: readonly number[]) =>
    body.encoding_format === 'base64' ? Buffer.from(Float32Array.from(numbers).buffer).toString('base64') : numbers
  const tokens = wordsOf(texts.join(' ')).length
  return {
    text: texts.at(-1) ?? '',
    whole: {
      object: 'list',
      data: texts.map((text, index) => ({ object: 'embedding', index, embedding: written(vector(text)) })),
      model: body.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    },
  }
}

function moderate(body: Json): FakeAnswer {
  const texts = inputsOf(body)
  const verdict = (text: string) => {
    const flagged = text.includes('harm')
    return {
      flagged,
      categories: { violence: flagged, hate: false },
      category_scores: { violence: flagged ? 0.9 : 0.01, hate: 0.02 },
      category_applied_input_types: { violence: ['text'], hate: ['text'] },
    }
  }
  return { text: texts.at(-1) ?? '', whole: { id: 'modr-fake', model: body.model, results: texts.map(verdict) } }
}
