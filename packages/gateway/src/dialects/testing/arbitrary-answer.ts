import fc from 'fast-check'
import type { ChatAnswer, ChatChunk } from '../../kernel/chat.ts'
import { type AssistantPart, assistantContent, type ChatFeatures, hundredths, plain, texts } from './arbitrary-parts.ts'

export function arbitraryAnswer(has: ChatFeatures = {}): fc.Arbitrary<ChatAnswer> {
  const choice = fc
    .tuple(
      assistantContent(has),
      fc.constantFrom('stop', 'length', 'refusal'),
      fc.array(tokens, { minLength: 1, maxLength: 3 }),
    )
    .map(([content, reason, logprobs]) => {
      const calls = content.some(({ type }) => type === 'tool-call')
      const tells = has.logprobs && content.some(({ type }) => type === 'text')
      const finishReason = calls ? ('tool-calls' as const) : (reason as 'stop' | 'length' | 'refusal')
      return { content, finishReason, ...(tells ? { logprobs } : {}) }
    })
  return fc.array(choice, { minLength: 1, maxLength: has.alternatives ? 3 : 1 }).map((choices) => plain({ choices }))
}

/** An answer as a stream that says the same, each text cut into pieces. */
export function arbitraryChunks(has: ChatFeatures = {}): fc.Arbitrary<readonly ChatChunk[]> {
  return fc
    .tuple(arbitraryAnswer(has), fc.integer({ min: 1, max: 5 }))
    .map(([{ choices }, size]) =>
      choices.flatMap(({ content, finishReason, logprobs }, choice): ChatChunk[] => [
        ...content.flatMap((part) => partChunks(part, choice, size, logprobs)),
        { type: 'choice-end', choice, finishReason },
      ]),
    )
}

type Tokens = ChatAnswer['choices'][number]['logprobs']

function partChunks(part: AssistantPart, choice: number, size: number, logprobs: Tokens): ChatChunk[] {
  if (part.type === 'text') {
    return pieces(part.text, size).map((text, index) => ({
      type: 'text-delta',
      choice,
      text,
      ...(logprobs && index === 0 ? { logprobs } : {}),
    }))
  }
  if (part.type === 'reasoning') {
    const deltas = pieces(part.text, size).map((text): ChatChunk => ({ type: 'reasoning-delta', choice, text }))
    return part.signature === undefined
      ? deltas
      : [...deltas, { type: 'reasoning-end', choice, signature: part.signature }]
  }
  const { id, tool, signature } = part
  return [
    { type: 'tool-call-start', choice, id, tool, ...(signature === undefined ? {} : { signature }) },
    ...pieces(part.arguments, size).map(
      (piece): ChatChunk => ({ type: 'tool-call-delta', choice, id, arguments: piece }),
    ),
  ]
}

/** By code points, as a lone half of a surrogate pair cannot be written in UTF-8. */
function pieces(text: string, size: number): string[] {
  const points = Array.from(text)
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) =>
    points.slice(index * size, (index + 1) * size).join(''),
  )
}

const logprob = hundredths(-900, -1)
const tokens = fc.record({
  token: texts,
  logprob,
  top: fc.array(fc.record({ token: texts, logprob }), { maxLength: 2 }),
})
