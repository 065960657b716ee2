import type { ChatOrder } from './servers/chat-events.ts'

/**
 * The fixed workload of the budgets: a chat-like call of about 230 B and its answer of about 490 B. Protocols wrap their
 * words in envelopes of different lengths: the words make up for it, so that every row moves as many bytes. GraphQL's
 * request is longer by its document, the Open Inference Protocol's by its tensors' names: those are what they cost.
 */
export const connections = 64

const question =
  'Summarise in two sentences what happened in the incident of Tuesday night, and say whether customers were told about it in time.'

const words =
  'On Tuesday night a certificate that nobody watched ran out, so that a third of the calls to the payment service failed ' +
  'for forty minutes until it was replaced by hand. Customers were told eleven minutes after the first alarm.'

const moreWords = `${words} That is within what the contract promises, and the watch over certificates was mended since.`

const system = 'Be brief.'

/** For nginx, the bare proxies, the hello server and peers: an OpenAI chat completion. */
export const chat = {
  path: '/v1/chat/completions',
  request: JSON.stringify({
    model: 'bench',
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: question },
    ],
  }),
  answer: JSON.stringify({
    id: 'chatcmpl-019b3c1e2f6a7c1d',
    object: 'chat.completion',
    created: 1_795_000_000,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content: words }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 31, completion_tokens: 55, total_tokens: 86 },
  }),
} as const

/** For the gateway, by the doors that language models' clients speak to: the same again. */
export const chatDoors = {
  openai: { path: '/openai/v1/chat/completions', request: chat.request },
  anthropic: {
    path: '/anthropic/v1/messages',
    request: JSON.stringify({
      model: 'bench',
      max_tokens: 400,
      system,
      messages: [{ role: 'user', content: question }],
    }),
  },
} as const

/** The request of a stream that goes as it is ordered. */
export function streamedChat(door: keyof typeof chatDoors, order: ChatOrder): string {
  const messages = [{ role: 'user', content: JSON.stringify(order) }]
  const rest = door === 'openai' ? { stream_options: { include_usage: true } } : { max_tokens: 400 }
  return JSON.stringify({ model: 'bench', stream: true, messages, ...rest })
}

/** For the gateway: the same as a contract, and as the tensors of what stands behind it. */
export const contract = {
  input: {
    type: 'object',
    properties: {
      system: { type: 'string', maxLength: 1000 },
      text: { type: 'string', maxLength: 10_000 },
      temperature: { type: 'number', minimum: 0, maximum: 2 },
    },
    required: ['system', 'text', 'temperature'],
  },
  output: {
    type: 'object',
    properties: {
      text: { type: 'string' },
      finish: { type: 'string', enum: ['stop', 'length'] },
      tokens: { type: 'integer', minimum: 0 },
    },
    required: ['text', 'finish', 'tokens'],
  },
} as const

export const input = {
  system: 'Be brief, exact, and fair to everybody who was there.',
  text: question,
  temperature: 0.7,
}
export const output = { text: moreWords, finish: 'stop', tokens: 55 }

const column = (name: string, datatype: string) => ({ name, datatype, shape: [-1] })

export const tensors = {
  inputs: [column('system', 'BYTES'), column('text', 'BYTES'), column('temperature', 'FP32')],
  outputs: [column('text', 'BYTES'), column('finish', 'BYTES'), column('tokens', 'INT32')],
}

const row = (name: string, datatype: string, value: unknown) => ({ name, datatype, shape: [1], data: [value] })

/** What the instant upstream answers to every infer request. */
export const inferResponse = JSON.stringify({
  model_name: 'bench',
  model_version: '1',
  outputs: [
    row('text', 'BYTES', output.text),
    row('finish', 'BYTES', output.finish),
    row('tokens', 'INT32', output.tokens),
  ],
})

/** For the gateway's Open Inference Protocol door. */
export const inferRequest = JSON.stringify({
  inputs: [
    row('system', 'BYTES', input.system),
    row('text', 'BYTES', input.text),
    row('temperature', 'FP32', input.temperature),
  ],
})

export const nativeRequest = JSON.stringify({ input })

/** As a client that knows its models writes it: one document, the input as a variable. */
export const graphqlRequest = JSON.stringify({
  query:
    'query ($input: ChatV1Input!) { models { chat { v1(input: $input) { id version output { text finish tokens } } } } }',
  variables: { input },
})
