import { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { compileSchema } from '../../kernel/schema/validator.ts'

/** What an echo does instead of running a model. A version's settings are one; see `scripted` for one per input. */
export interface Script {
  readonly answer?: unknown
  readonly delayMs?: number
  readonly fail?: 'unavailable' | 'failed' | 'refused'
  readonly failEvery?: number
  readonly hangAfter?: number
  readonly cutAfter?: number
  readonly words?: string
  readonly chunks?: readonly unknown[]
  readonly intervalMs?: number
  readonly usage?: { readonly inputTokens?: number; readonly outputTokens?: number }
}

export interface EchoSettings extends Script {
  readonly scripted?: boolean
}

const ms: Schema = { type: 'integer', minimum: 0, maximum: 600_000 }
const count: Schema = { type: 'integer', minimum: 0 }

const scriptFields: Readonly<Record<keyof Script, Schema>> = {
  answer: { description: 'The output, always the same. Left out: the input comes back as the output.' },
  delayMs: { ...ms, default: 0, description: 'Wait before the answer, or before the first chunk, in ms.' },
  fail: {
    enum: ['unavailable', 'failed', 'refused'],
    description: 'Fail as if upstream could not be reached, had failed, or had refused the input.',
  },
  failEvery: { type: 'integer', minimum: 1, default: 1, description: 'With `fail`: only every n-th input fails.' },
  hangAfter: { ...count, description: 'After so many chunks say nothing more; a whole answer never comes.' },
  cutAfter: { ...count, description: 'After so many chunks the connection breaks; a whole answer fails.' },
  words: {
    type: 'string',
    description: 'Stream this text field of the output word by word, each chunk an object of that one field.',
  },
  chunks: { type: 'array', description: 'Stream exactly these chunks. Without `words` too: the output in one chunk.' },
  intervalMs: { ...ms, default: 0, description: 'Wait between two chunks, in ms.' },
  usage: {
    type: 'object',
    properties: { inputTokens: count, outputTokens: count },
    additionalProperties: false,
    description: 'Tokens to report for each input.',
  },
}

const scriptSchema: Schema = { type: 'object', properties: scriptFields, additionalProperties: false }

export const echoSettingsSchema: Schema = {
  ...scriptSchema,
  description: 'Not a model: a stand-in that answers from its settings, for demonstrations and tests.',
  properties: {
    ...scriptFields,
    scripted: {
      type: 'boolean',
      default: false,
      description: 'For tests: an object in the input\'s field "echo" overrides these settings for that input.',
    },
  },
}

export interface Scripted {
  readonly script: Script
  /** The input without its own script. */
  readonly input: unknown
}

/** What to do with one input. Throws `invalid_input` when its own script does not fit the schema. */
export function readScript(settings: EchoSettings, input: unknown): Scripted {
  if (!settings.scripted || !isJsonObject(input) || !('echo' in input)) return { script: settings, input }
  const { echo, ...rest } = input
  const violations = checkScript(echo, '/echo')
  if (violations) throw new AstraError('invalid_input', { violations })
  return { script: { ...settings, ...(echo as Script) }, input: rest }
}

/** Compiled at its first use: only tests bring scripts along. */
const checkScript = compileSchema(scriptSchema)
