import type { TokenUsage } from '../../../kernel/answer.ts'
import type { AnswerFacts, JsonObject, ReadAnswer, StreamWriter } from '../../dialect.ts'
import { choicesIn, outOfForm } from '../chat/read-answer.ts'
import type { StreamForm } from '../chat/read-stream.ts'
import { readUsage, writeUsage } from '../chat/usage.ts'
import { chunkEnvelope } from '../chat/write-stream.ts'

type FinishReason = 'stop' | 'length' | 'other'
interface CompletionOutput {
  readonly text: string
  readonly finishReason: FinishReason
}
interface CompletionChunk {
  readonly text: string
  readonly finishReason?: FinishReason
}

/** The protocol's word for another reason is "content_filter"; that there was one is not known. */
const finishWords = { stop: 'stop', length: 'length', other: 'stop' } as const

export function writeCompletionAnswer(outputs: readonly unknown[], facts: AnswerFacts): JsonObject {
  const usage = writeUsage(facts.usage)
  return {
    id: `cmpl-${facts.callId}`,
    object: 'text_completion',
    created: facts.created,
    model: facts.model,
    choices: (outputs as readonly CompletionOutput[]).map(({ text, finishReason }, index) => ({
      index,
      text,
      logprobs: null,
      finish_reason: finishWords[finishReason],
    })),
    ...(usage ? { usage } : {}),
  }
}

export function writeCompletionStream(facts: Omit<AnswerFacts, 'usage'>): StreamWriter {
  const envelope = chunkEnvelope(facts, { id: `cmpl-${facts.callId}`, object: 'text_completion' })
  return {
    start: () => '',
    chunk(value) {
      const { text, finishReason } = value as CompletionChunk
      const finish = finishReason === undefined ? null : finishWords[finishReason]
      return envelope.around(JSON.stringify({ index: 0, text, logprobs: null, finish_reason: finish }))
    },
    end: envelope.end,
  }
}

export function readCompletionAnswer(body: JsonObject): ReadAnswer {
  const choices = choicesIn(body).map((choice, place) => ({ place: choice.index ?? place, output: readOutput(choice) }))
  choices.sort((one, other) => Number(one.place) - Number(other.place))
  const usage = readUsage(body.usage)
  return { items: choices.map(({ output }) => ({ output })), ...(usage ? { usage } : {}) }
}

function readOutput({ text, finish_reason: reason }: JsonObject): CompletionOutput {
  if (typeof text !== 'string') throw outOfForm('with a choice without text')
  if (reason === 'error') throw outOfForm('with a choice that ended in an error')
  return { text, finishReason: readFinish(reason) }
}

export function lookAtCompletionAnswer(body: JsonObject): { readonly usage?: TokenUsage; readonly text: string } {
  let said = ''
  for (const { text } of choicesIn(body)) if (typeof text === 'string') said += text
  const usage = readUsage(body.usage)
  return usage ? { usage, text: said } : { text: said }
}

/** A canonical completion streams one answer: its chunks have no place. */
export const completionStreamForm: StreamForm = {
  look: ({ text }) => (typeof text === 'string' && text !== '' ? { text, holds: true } : nothing),
  chunks: (choices) =>
    choices.map(({ text, finish_reason: reason }): CompletionChunk => {
      const said = typeof text === 'string' ? text : ''
      return typeof reason === 'string' && reason !== ''
        ? { text: said, finishReason: readFinish(reason) }
        : { text: said }
    }),
}

const nothing = { text: '', holds: false }

function readFinish(reason: unknown): FinishReason {
  return reason === 'stop' || reason === 'length' ? reason : 'other'
}
