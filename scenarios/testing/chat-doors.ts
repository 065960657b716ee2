/** One of the chat doors, as a client that sees the bytes. */
export interface ChatDoor {
  readonly path: string
  request(model: string, text: string, stream: boolean): object
  textOf(answer: Json): string
  /** What one event of a stream says. */
  readEvent(event: string, data: Json | undefined): EventSeen
  /** What an error says of itself; undefined where it is out of the protocol's form. */
  readError(body: Json): ErrorSeen | undefined
  /** Its word for errors of this status. */
  readonly errorTypes: Readonly<Record<number, string>>
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came back, and fails where it is not what it says.
type Json = any

interface EventSeen {
  readonly text?: string
  readonly finish?: boolean
  readonly terminal?: boolean
  readonly error?: ErrorSeen | undefined
}

export interface ErrorSeen {
  readonly type: string
  /** The gateway's own, where the protocol has room for it. */
  readonly code: string | undefined
  readonly message: string
}

export interface StreamSeen {
  readonly text: string
  /** How often the end of the answer was told. */
  readonly finishes: number
  /** What its last event was; undefined where none came. */
  readonly last: 'event' | 'terminal' | 'error' | undefined
  /** Terminal events and errors together. */
  readonly ends: number
  readonly error: ErrorSeen | undefined
}

const openai: ChatDoor = {
  path: '/openai/v1/chat/completions',
  request: (model, content, stream) => ({
    model,
    messages: [{ role: 'user', content }],
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
  }),
  textOf: (answer) => answer.choices[0].message.content,
  readEvent(_, data) {
    if (data === undefined) return { terminal: true }
    if (data.error) return { error: openai.readError(data) }
    const [choice] = data.choices
    return { text: choice?.delta.content ?? '', finish: typeof choice?.finish_reason === 'string' }
  },
  readError({ error }) {
    return error && 'param' in error ? { type: error.type, code: error.code, message: error.message } : undefined
  },
  errorTypes: { 502: 'server_error', 503: 'server_error', 504: 'server_error' },
}

const anthropic: ChatDoor = {
  path: '/anthropic/v1/messages',
  request: (model, content, stream) => ({
    model,
    max_tokens: 1000,
    messages: [{ role: 'user', content }],
    ...(stream ? { stream } : {}),
  }),
  textOf: (answer) => answer.content.map(({ text }: Json) => text).join(''),
  readEvent(event, data) {
    if (event !== data.type) throw new Error(`the event "${event}" holds "${data.type}"`)
    if (event === 'error') return { error: anthropic.readError(data) }
    return {
      text: data.delta?.text ?? '',
      finish: typeof data.delta?.stop_reason === 'string',
      terminal: event === 'message_stop',
    }
  },
  readError({ type, error, request_id }) {
    const fits = type === 'error' && typeof request_id === 'string'
    return fits ? { type: error.type, code: undefined, message: error.message } : undefined
  },
  errorTypes: { 502: 'api_error', 503: 'overloaded_error', 504: 'timeout_error' },
}

export const chatDoors = { openai, anthropic } as const
export type ChatDoorName = keyof typeof chatDoors
export const chatDoorNames: readonly ChatDoorName[] = ['openai', 'anthropic']

/** Whole events only: throws where the bytes end within one. */
export function readStream({ readEvent }: ChatDoor, bytes: Buffer): StreamSeen {
  const blocks = new TextDecoder('utf-8', { fatal: true }).decode(bytes).split('\n\n')
  if (blocks.pop() !== '') throw new Error('the stream ends within an event')
  let text = ''
  let finishes = 0
  let ends = 0
  let last: StreamSeen['last']
  let error: ErrorSeen | undefined
  for (const block of blocks) {
    const [, event = '', data] = /^(?:event: (.*)\n)?data: (.*)$/.exec(block) ?? []
    if (data === undefined) continue
    const seen = readEvent(event, data === '[DONE]' ? undefined : JSON.parse(data))
    text += seen.text ?? ''
    if (seen.finish) finishes++
    last = 'error' in seen ? 'error' : seen.terminal ? 'terminal' : 'event'
    if (last !== 'event') ends++
    error ??= seen.error
  }
  return { text, finishes, last, ends, error }
}
