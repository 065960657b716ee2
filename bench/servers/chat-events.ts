/** The script of one streamed chat; as JSON the last message of its request, which every door passes on. */
export interface ChatOrder {
  readonly chunks: number
  readonly intervalMs: number
  /** It falls silent after so many, and never ends. */
  readonly hangAfter?: number
}

const envelope =
  '"id":"chatcmpl-019b3c1e2f6a7c1d","object":"chat.completion.chunk","created":1795000000,"model":"bench"'

const event = (choices: string, rest = '') => `data: {${envelope},"choices":[${choices}]${rest}}\n\n`
const choice = (delta: string, finish = 'null') =>
  `{"index":0,"delta":{${delta}},"logprobs":null,"finish_reason":${finish}}`

/** OpenAI's chat completion chunks: what begins a stream, one for each chunk of the answer, and what ends it. */
export const chatEvents = {
  start: event(choice('"role":"assistant","content":""')),
  /** Each says something else, as tokens do. */
  chunk: (n: number) => event(choice(`"content":"chunk ${n} "`)),
  end: (chunks: number) =>
    event(choice('', '"stop"')) +
    event('', `,"usage":{"prompt_tokens":31,"completion_tokens":${chunks},"total_tokens":${31 + chunks}}`) +
    'data: [DONE]\n\n',
} as const

/** What of a chunk's event stands in no other event, by the protocol that it is read in. */
export const chatMarks = { openai: '"delta":{"content":"chunk ', anthropic: 'event: content_block_delta\n' } as const
