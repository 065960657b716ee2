import { chatAnswerSchema, chatChunkSchema, chatRequestSchema } from './chat-schema.ts'
import type { Schema } from './schema/schema.ts'

/**
 * The task table: what a contract's schemas are when it names a task. `classification` and `regression` leave the input to
 * the contract (default: `{ text }`); `custom` leaves everything to it.
 */
export interface Task {
  readonly summary: string
  readonly input: Schema | undefined
  /** Given the contract's labels or dimensions where the task uses them. */
  readonly output: (options: TaskOptions) => Schema | undefined
  readonly chunk: Schema | undefined
  /** Which of the contract's own fields apply. */
  readonly takes: readonly ('input' | 'output' | 'chunk' | 'labels' | 'dimensions')[]
}

export interface TaskOptions {
  readonly labels?: readonly string[]
  readonly dimensions?: number
}

export type TaskName = 'chat' | 'completion' | 'embedding' | 'moderation' | 'classification' | 'regression' | 'custom'

const textInput: Schema = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
}

const completionInput: Schema = {
  type: 'object',
  properties: {
    prompt: { type: 'string' },
    outputTokensMax: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
    topP: { type: 'number', minimum: 0, maximum: 1 },
    seed: { type: 'integer', format: 'int64' },
    stop: { type: 'array', items: { type: 'string' }, maxItems: 16 },
  },
  required: ['prompt'],
  additionalProperties: false,
}

export const taskTable: Readonly<Record<TaskName, Task>> = {
  chat: {
    summary: 'A conversation: messages in, a message out, streamed if asked',
    input: chatRequestSchema,
    output: () => chatAnswerSchema,
    chunk: chatChunkSchema,
    takes: [],
  },
  completion: {
    summary: 'Text that goes on from a prompt, streamed if asked',
    input: completionInput,
    output: () =>
      closed({ text: { type: 'string' }, finishReason: { type: 'string', enum: ['stop', 'length', 'other'] } }),
    chunk: {
      ...closed({ text: { type: 'string' } }),
      properties: { text: { type: 'string' }, finishReason: { type: 'string', enum: ['stop', 'length', 'other'] } },
    },
    takes: [],
  },
  embedding: {
    summary: 'A vector for a text',
    input: textInput,
    output: ({ dimensions }) =>
      closed({
        embedding: {
          type: 'array',
          items: { type: 'number' },
          ...(dimensions === undefined ? {} : { minItems: dimensions, maxItems: dimensions }),
        },
      }),
    chunk: undefined,
    takes: ['input', 'dimensions'],
  },
  moderation: {
    summary: 'Whether a text is harmful, and in which ways',
    input: textInput,
    output: () =>
      closed({
        flagged: { type: 'boolean' },
        categories: { type: 'object', additionalProperties: { type: 'boolean' } },
        scores: { type: 'object', additionalProperties: { type: 'number' }, description: 'From 0 to 1, by category' },
      }),
    chunk: undefined,
    takes: [],
  },
  classification: {
    summary: 'One label of a set, with the probability that it is right',
    input: textInput,
    output: ({ labels }) =>
      closed({
        label: { type: 'string', ...(labels ? { enum: labels } : {}) },
        score: { type: 'number', minimum: 0, maximum: 1, description: 'Probability of the label' },
      }),
    chunk: undefined,
    takes: ['input', 'labels'],
  },
  regression: {
    summary: 'One number',
    input: textInput,
    output: () => closed({ value: { type: 'number' } }),
    chunk: undefined,
    takes: ['input'],
  },
  custom: {
    summary: 'Whatever the contract says',
    input: undefined,
    output: () => undefined,
    chunk: undefined,
    takes: ['input', 'output', 'chunk'],
  },
}

function closed(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}
