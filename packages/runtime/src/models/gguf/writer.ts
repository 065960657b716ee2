import { invalid } from '@astraapi/oip'
import type { ChatTurn, Generated, GenerationRequest, Piece } from '../text-model.ts'
import type { ChatItem, Ended, Grammar, LlamaSequence, Sampling, Token } from './llama-engine.ts'
import type { LoadedGguf } from './load-gguf.ts'
import { schemaMisfit } from './schema-misfit.ts'

/** Writes one answer at a time, in one of a context's sequences. */
export interface Writer {
  write(request: GenerationRequest, onPiece: (piece: Piece) => void, signal: AbortSignal): Promise<Generated>
}

/** llama.cpp's own default. */
const temperatureDefault = 0.8
/** Tokens of the input between two looks at the signal: a long input takes seconds, and may have been given up. */
const inputStep = 64
/** Nothing that a tokenizer knows is longer, blanks aside. Longer texts are not tokenized to find out that they do not fit. */
const tokenCharsMax = 128

export function createWriter(loaded: LoadedGguf, sequence: LlamaSequence): Writer {
  const { engine, model, contextSize, hasTemplate } = loaded
  const completion = new engine.LlamaCompletion({ contextSequence: sequence })
  const chatWrapper = hasTemplate ? 'auto' : new engine.GeneralChatWrapper()
  const chat = new engine.LlamaChat({ contextSequence: sequence, chatWrapper })

  /** What the engine will make of the input: it would cut without a word what does not fit. */
  function tokensOf(input: GenerationRequest['input']): readonly Token[] {
    if (typeof input !== 'string') {
      return chat.chatWrapper
        .generateContextState({ chatHistory: historyOf(input) })
        .contextText.tokenize(model.tokenizer)
    }
    const { bos, shouldPrependBosToken } = model.tokens
    const begins = shouldPrependBosToken && bos !== null
    const tokens = model.tokenizer(input, false, ...(begins ? (['trimLeadingSpace'] as const) : []))
    return begins ? [bos, ...tokens] : tokens
  }

  async function read(tokens: readonly Token[], signal: AbortSignal): Promise<void> {
    // The last one is computed with the first token of the answer.
    await sequence.adaptStateToTokens(tokens.slice(0, -1), false)
    for (let from = sequence.nextTokenIndex; from < tokens.length - 1; from += inputStep) {
      signal.throwIfAborted()
      await sequence.evaluateWithoutGeneratingNewTokens(
        tokens.slice(from, Math.min(from + inputStep, tokens.length - 1)),
      )
    }
    signal.throwIfAborted()
  }

  function run(input: GenerationRequest['input'], sampling: Sampling, onPiece: (piece: Piece) => void): Promise<Ended> {
    // Never shifted: what was said first would be forgotten.
    if (typeof input === 'string') {
      const onTextChunk = (text: string) => onPiece({ text, isReasoning: false })
      return completion.generateCompletionWithMeta(input, { ...sampling, onTextChunk, contextShiftSize: 1 })
    }
    const onResponseChunk = ({ text, type }: { text: string; type: 'segment' | undefined }) => {
      if (text !== '') onPiece({ text, isReasoning: type === 'segment' })
    }
    return chat.generateResponse(historyOf(input), { ...sampling, onResponseChunk, contextShift: { size: 1 } })
  }

  return {
    async write(request, onPiece, signal) {
      signal.throwIfAborted()
      const { input } = request
      refuseLonger(lengthOf(input) / tokenCharsMax, contextSize)
      const tokens = tokensOf(input)
      refuseLonger(tokens.length, contextSize)
      const grammar = await grammarOf(loaded, request.jsonSchema)
      await read(tokens, signal)
      const before = sequence.tokenMeter.usedOutputTokens
      const room = contextSize - 1 - tokens.length
      const { metadata } = await run(input, samplingOf(request, room, grammar, signal), onPiece)
      return {
        finishReason: metadata.stopReason === 'maxTokens' ? 'length' : 'stop',
        inputTokens: tokens.length,
        outputTokens: sequence.tokenMeter.usedOutputTokens - before,
      }
    },
  }
}

function samplingOf(
  { outputTokensMax, temperature = temperatureDefault, topP, topK, seed, stop }: GenerationRequest,
  room: number,
  grammar: Grammar | undefined,
  signal: AbortSignal,
): Sampling {
  return {
    signal,
    maxTokens: Math.min(outputTokensMax ?? room, room),
    temperature,
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    // The engine's has 32 bits.
    ...(seed !== undefined && { seed: Number(BigInt.asUintN(32, BigInt(seed))) }),
    ...(stop !== undefined && stop.length > 0 && { customStopTriggers: stop }),
    ...(grammar !== undefined && { grammar }),
    repeatPenalty: false,
  }
}

async function grammarOf({ llama }: LoadedGguf, schema: GenerationRequest['jsonSchema']): Promise<Grammar | undefined> {
  if (schema === undefined) return undefined
  const misfit = schemaMisfit(schema)
  if (misfit !== undefined) throw invalid(`json_schema ${misfit}`)
  try {
    return await llama.createGrammarForJsonSchema(schema)
  } catch {
    throw invalid('No grammar can be made of json_schema: simplify it')
  }
}

/** The last turn, if it is the assistant's, is gone on from. */
function historyOf(turns: readonly ChatTurn[]): readonly ChatItem[] {
  const items = turns.map(
    ({ role, content }): ChatItem =>
      role === 'assistant' ? { type: 'model', response: [content] } : { type: role, text: content },
  )
  return items.at(-1)?.type === 'model' ? items : [...items, { type: 'model', response: [] }]
}

function lengthOf(input: GenerationRequest['input']): number {
  return typeof input === 'string' ? input.length : input.reduce((sum, { content }) => sum + content.length, 0)
}

function refuseLonger(tokens: number, contextSize: number): void {
  // One has to be left for the answer, and one the engine keeps for itself.
  if (tokens <= contextSize - 2) return
  throw invalid(
    `The input has more tokens than the model's context of ${contextSize} has room for: send less, or set a larger contextSize`,
  )
}
