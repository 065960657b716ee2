// The part of node-llama-cpp that is used, in our own words: it is an optional dependency, so its types may not be there.

/** What the package exports. */
export interface LlamaEngine {
  getLlama(options: LlamaOptions): Promise<Llama>
  readonly LlamaCompletion: new (options: { contextSequence: LlamaSequence }) => LlamaCompletion
  readonly LlamaChat: new (options: { contextSequence: LlamaSequence; chatWrapper: 'auto' | ChatWrapper }) => LlamaChat
  /** Renders a conversation where a file brings no template. */
  readonly GeneralChatWrapper: new () => ChatWrapper
}

export interface LlamaOptions {
  readonly build: 'never'
  readonly gpu: 'auto' | false
  readonly maxThreads: number
  readonly logLevel: 'error'
  readonly progressLogs: false
}

export interface Llama {
  loadModel(options: { modelPath: string }): Promise<LlamaModel>
  createGrammarForJsonSchema(schema: object): Promise<Grammar>
  dispose(): Promise<void>
}

export interface LlamaModel {
  readonly trainContextSize: number
  readonly fileInfo: { readonly metadata?: { readonly tokenizer?: { readonly chat_template?: unknown } } }
  readonly tokenizer: Tokenizer
  readonly tokens: { readonly bos: Token | null; readonly shouldPrependBosToken: boolean }
  createContext(options: { contextSize: number; sequences: number; threads: number }): Promise<LlamaContext>
}

export interface LlamaContext {
  /** Per sequence. */
  readonly contextSize: number
  getSequence(): LlamaSequence
}

/** A place in which one generation runs; keeps what it computed, for the next one that begins alike. */
export interface LlamaSequence {
  readonly nextTokenIndex: number
  readonly tokenMeter: { readonly usedOutputTokens: number }
  adaptStateToTokens(tokens: readonly Token[], allowShift: boolean): Promise<void>
  evaluateWithoutGeneratingNewTokens(tokens: readonly Token[]): Promise<void>
}

export interface LlamaCompletion {
  generateCompletionWithMeta(
    input: string,
    options: Sampling & { onTextChunk(text: string): void; contextShiftSize: number },
  ): Promise<Ended>
}

export interface LlamaChat {
  readonly chatWrapper: ChatWrapper
  generateResponse(
    history: readonly ChatItem[],
    options: Sampling & { onResponseChunk(chunk: ResponseChunk): void; contextShift: { size: number } },
  ): Promise<Ended>
}

export interface ChatWrapper {
  generateContextState(options: { chatHistory: readonly ChatItem[] }): { readonly contextText: LlamaText }
}

export type ChatItem =
  | { readonly type: 'system' | 'user'; readonly text: string }
  | { readonly type: 'model'; readonly response: readonly string[] }

export interface ResponseChunk {
  readonly type: 'segment' | undefined
  readonly text: string
}

export interface Sampling {
  readonly signal: AbortSignal
  readonly maxTokens: number
  readonly temperature: number
  readonly topP?: number
  readonly topK?: number
  readonly seed?: number
  readonly customStopTriggers?: readonly string[]
  readonly repeatPenalty: false
  readonly grammar?: Grammar
}

export interface Ended {
  readonly metadata: { readonly stopReason: string }
}

export type Token = number
export type Tokenizer = (text: string, specialTokens?: boolean, options?: 'trimLeadingSpace') => readonly Token[]
export interface LlamaText {
  tokenize(tokenizer: Tokenizer): readonly Token[]
}
/** Opaque. */
export type Grammar = object
