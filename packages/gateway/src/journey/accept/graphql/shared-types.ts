import {
  GraphQLBoolean,
  GraphQLID,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql'
import type { CallOptions } from '../../../kernel/call.ts'
import { callOptionTable } from '../call-options.ts'
import { json } from './scalars.ts'

/** The types that every model's answers and calls share. */
export const id = { type: new GraphQLNonNull(GraphQLID) }
export const text = { type: new GraphQLNonNull(GraphQLString) }
export const flag = { type: new GraphQLNonNull(GraphQLBoolean) }

const optionTypes: Readonly<Record<keyof CallOptions, GraphQLInputType>> = {
  unit: GraphQLString,
  session: GraphQLString,
  version: GraphQLString,
  timeoutMs: GraphQLInt,
  reference: GraphQLString,
  tags: json,
  cache: GraphQLString,
  idempotencyKey: GraphQLString,
}

export const callOptions = new GraphQLInputObjectType({
  name: 'CallOptions',
  description:
    'What a call may ask for beside its input. An HTTP header of the same meaning holds where a field is left out.',
  fields: Object.fromEntries(
    Object.entries(optionTypes).map(([name, type]) => {
      const { header, summary } = callOptionTable[name as keyof CallOptions]
      return [name, { type, description: `${summary}. Header: ${header}` }]
    }),
  ),
})

export const usage = new GraphQLObjectType({
  name: 'CallUsage',
  description: 'What a call consumed.',
  fields: {
    items: { type: new GraphQLNonNull(GraphQLInt) },
    inputTokens: { type: GraphQLInt, description: 'All of them, those of a prompt cache included' },
    cachedInputTokens: { type: GraphQLInt },
    cacheWriteInputTokens: { type: GraphQLInt },
    outputTokens: { type: GraphQLInt, description: 'All of them, those of reasoning included' },
    reasoningTokens: { type: GraphQLInt },
    estimated: { type: GraphQLBoolean, description: 'Whether tokens were counted here because upstream did not say' },
  },
})

const violation = new GraphQLObjectType({
  name: 'Violation',
  fields: {
    path: { ...text, description: 'JSON Pointer' },
    message: text,
    suggestion: { type: GraphQLString },
  },
})

export const itemError = new GraphQLObjectType({
  name: 'ItemError',
  description: 'Why one input of a batch has no output.',
  fields: {
    code: text,
    title: text,
    detail: text,
    next: { ...text, description: 'What to do about it' },
    errors: { type: new GraphQLList(new GraphQLNonNull(violation)) },
  },
})
