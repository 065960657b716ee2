import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject, RequestWish } from '../../dialect.ts'
import { booleanAt, integerAt, numberAt, textAt, wrongAt } from '../../values.ts'
import { refuseUnknown, type SilentField, seedMax, stopAt, uncarried } from '../chat/fields.ts'

/** A completion in the canonical form of the task. */
interface CompletionInput {
  readonly prompt: string
  readonly outputTokensMax?: number
  readonly temperature?: number
  readonly topP?: number
  readonly seed?: number
  readonly stop?: readonly string[]
}

export function checkCompletionRequest({ prompt, stream }: JsonObject): {
  readonly items: number
  readonly stream: boolean
} {
  const isList = Array.isArray(prompt)
  if (typeof prompt !== 'string' && (!isList || prompt.length === 0)) {
    throw wrongAt('/prompt', 'must be a string, or a list that is not empty')
  }
  // A list of numbers is one prompt in tokens.
  const items = isList && typeof prompt[0] !== 'number' ? prompt.length : 1
  return { items, stream: booleanAt(stream ?? false, '/stream') }
}

export function readCompletionRequest(body: JsonObject): readonly CompletionInput[] {
  refuseUnknown(body, fields, silent)
  const parameters: Omit<CompletionInput, 'prompt'> = {}
  for (const field of Object.keys(fields) as (keyof typeof fields)[]) {
    const value = body[field]
    if (value !== null && value !== undefined) Object.assign(parameters, fields[field](value, `/${field}`))
  }
  return readPrompts(body.prompt).map((prompt) => ({ prompt, ...parameters }))
}

function readPrompts(prompt: unknown): readonly string[] {
  if (!Array.isArray(prompt)) return [textAt(prompt, '/prompt')]
  return prompt.map((entry: unknown, index) => {
    if (typeof entry === 'number' || Array.isArray(entry)) throw uncarried('prompt (in tokens)', '/prompt')
    return textAt(entry, `/prompt/${index}`)
  })
}

type ReadField = (value: unknown, path: string) => Partial<CompletionInput>

const fields = {
  prompt: () => ({}),
  max_tokens: (value, path) => ({ outputTokensMax: integerAt(value, path, 1, 1_000_000) }),
  temperature: (value, path) => ({ temperature: numberAt(value, path, 0, 2) }),
  top_p: (value, path) => ({ topP: numberAt(value, path, 0, 1) }),
  seed: (value, path) => ({ seed: integerAt(value, path, -seedMax, seedMax) }),
  stop: (value, path) => {
    const stop = stopAt(value, path)
    if (stop.length > stopsMax) throw wrongAt(path, `must have at most ${stopsMax} entries`)
    return { stop }
  },
} as const satisfies Record<string, ReadField>

const stopsMax = 16

const silent: Readonly<Record<string, SilentField>> = {
  model: { why: 'the door has read it' },
  stream: { why: 'the door has read it' },
  stream_options: { why: 'the form of a stream, which the door writes' },
  user: { why: 'the door reads it as the unit; for the vendor it is a hint about abuse' },
  n: { why: 'the default', only: [1] },
  best_of: { why: 'the default', only: [1] },
  echo: { why: 'the default', only: [false] },
  suffix: { why: 'the default', only: [''] },
  frequency_penalty: { why: 'the default', only: [0] },
  presence_penalty: { why: 'the default', only: [0] },
  logit_bias: { why: 'the default', only: [{}] },
}

export function writeCompletionRequest(inputs: readonly unknown[], wish: RequestWish): JsonObject {
  // The contract has been held against them.
  const asked = inputs as readonly CompletionInput[]
  const prompts = asked.map(({ prompt }) => prompt)
  const [parameters, ...others] = asked.map(writeParameters)
  const json = JSON.stringify(parameters)
  if (others.some((other) => JSON.stringify(other) !== json)) {
    throw new AstraError('unsupported', {
      detail: 'The inputs of one call must have the same parameters for this model',
      next: 'Make the parameters the same, or send the inputs one by one.',
    })
  }
  return {
    model: wish.model,
    prompt: prompts.length === 1 ? prompts[0] : prompts,
    ...parameters,
    ...(wish.stream ? { stream: true } : {}),
    ...(wish.stream && wish.tellsStreamUsage ? { stream_options: { include_usage: true } } : {}),
  }
}

function writeParameters({ outputTokensMax, temperature, topP, seed, stop }: CompletionInput): JsonObject {
  const all = { max_tokens: outputTokensMax, temperature, top_p: topP, seed, stop }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
