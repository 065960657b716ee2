import { setImmediate, setTimeout } from 'node:timers/promises'
import type {
  ChatItem,
  ChatWrapper,
  Llama,
  LlamaContext,
  LlamaEngine,
  LlamaModel,
  LlamaSequence,
  Sampling,
  Token,
} from '../src/models/gguf/llama-engine.ts'
import { type HasEnd, writeModels } from './write-models.ts'

/**
 * Stands in for node-llama-cpp: a word is a token, and what is written on from a text is its own words. An input that begins with
 * the name of one of these does so: "!endless" writes until it is stopped, "!deaf" does not stop, "!fail" fails after a word,
 * "!refused" at once, "!crash" ends the process, "!thinks" thinks a word first.
 */
type Script = (words: readonly string[], write: Write, signal: AbortSignal) => Promise<void>
type Write = (word: string, isThought?: boolean) => Promise<boolean>

const scripts: Readonly<Record<string, Script>> = {
  '!endless': async (_, write) => {
    while (await write('word ')) await setTimeout(1)
  },
  '!deaf': async (_, write) => {
    await write('word ')
    await setTimeout(1e9)
  },
  '!fail': async (_, write) => {
    await write('word ')
    throw new Error('secret fault of the engine')
  },
  '!refused': async () => {
    throw new Error('secret fault of the engine')
  },
  '!crash': async () => process.exit(3),
  '!thinks': async (_, write) => {
    await write('hm ', true)
    await write('so ')
  },
}

async function plain(words: readonly string[], write: Write): Promise<void> {
  for (const word of words) if (!(await write(`${word} `))) return
}

class FakeSequence implements LlamaSequence {
  nextTokenIndex = 0
  readonly tokenMeter = { usedOutputTokens: 0 }
  /** Sizes of what was read at once. */
  readonly read: number[] = []

  async adaptStateToTokens(): Promise<void> {
    this.nextTokenIndex = 0
  }

  async evaluateWithoutGeneratingNewTokens(tokens: readonly Token[]): Promise<void> {
    await setImmediate()
    this.read.push(tokens.length)
    this.nextTokenIndex += tokens.length
  }
}

/** What the last generations were asked with. */
export const asked: Sampling[] = []
export const sequences: FakeSequence[] = []

async function run(
  sequence: LlamaSequence,
  text: string,
  sampling: Sampling,
  tell: (word: string, isThought: boolean) => void,
) {
  asked.push(sampling)
  const { signal, maxTokens, customStopTriggers = [] } = sampling
  let written = 0
  let stopReason = 'eogToken'
  const write: Write = async (word, isThought = false) => {
    await setImmediate()
    signal.throwIfAborted()
    if (customStopTriggers.includes(word.trim())) return false
    if (sequence instanceof FakeSequence) sequence.tokenMeter.usedOutputTokens += 1
    tell(word, isThought)
    written += 1
    if (written < maxTokens) return true
    stopReason = 'maxTokens'
    return false
  }
  const words = text.split(' ').filter(Boolean)
  await (scripts[words[0] ?? ''] ?? plain)(words, write, signal)
  return { metadata: { stopReason } }
}

const tokenizer = (text: string): readonly Token[] =>
  Array.from(text.split(' ').filter(Boolean), (_, index) => index + 10)

export class GeneralChatWrapper implements ChatWrapper {
  generateContextState({ chatHistory }: { readonly chatHistory: readonly ChatItem[] }) {
    const text = chatHistory.map((item) => ('text' in item ? `${item.type} ${item.text}` : 'model')).join(' ')
    return { contextText: { tokenize: () => tokenizer(text) } }
  }
}

export const LlamaCompletion: LlamaEngine['LlamaCompletion'] = class {
  readonly #sequence: LlamaSequence
  constructor({ contextSequence }: { readonly contextSequence: LlamaSequence }) {
    this.#sequence = contextSequence
  }
  generateCompletionWithMeta: InstanceType<LlamaEngine['LlamaCompletion']>['generateCompletionWithMeta'] = (
    input,
    options,
  ) => run(this.#sequence, input, options, options.onTextChunk)
}

export const LlamaChat: LlamaEngine['LlamaChat'] = class {
  readonly #sequence: LlamaSequence
  readonly chatWrapper = new GeneralChatWrapper()
  constructor({ contextSequence }: { readonly contextSequence: LlamaSequence }) {
    this.#sequence = contextSequence
  }
  generateResponse: InstanceType<LlamaEngine['LlamaChat']>['generateResponse'] = (history, options) => {
    const last = history.findLast((item) => 'text' in item)
    return run(this.#sequence, last && 'text' in last ? last.text : '', options, (text, isThought) =>
      options.onResponseChunk({ text, type: isThought ? 'segment' : undefined }),
    )
  }
}

export const getLlama: LlamaEngine['getLlama'] = async (): Promise<Llama> => ({
  loadModel: async (): Promise<LlamaModel> => ({
    trainContextSize: 256,
    fileInfo: {},
    tokenizer,
    tokens: { bos: 1, shouldPrependBosToken: true },
    createContext: async ({ contextSize }): Promise<LlamaContext> => ({
      contextSize,
      getSequence() {
        const sequence = new FakeSequence()
        sequences.push(sequence)
        return sequence
      },
    }),
  }),
  createGrammarForJsonSchema: async (schema) => ({ grammarOf: schema }),
  dispose: async () => {},
})

/** The same as an installed package, for worker processes; and a folder of models, each a GGUF file by name. */
export async function withFakeEngine(t: HasEnd, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await writeModels(t, {
    'node_modules/node-llama-cpp/package.json': '{"type":"module","exports":"./index.js"}',
    'node_modules/node-llama-cpp/index.js': `export * from ${JSON.stringify(import.meta.url)}`,
  })
  process.env.ASTRA_RUNTIME_ENGINE = folder
  t.after(() => {
    delete process.env.ASTRA_RUNTIME_ENGINE
  })
  return writeModels(t, files)
}
