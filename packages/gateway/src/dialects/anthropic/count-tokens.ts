import { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import type { DialectCodec, JsonObject } from '../dialect.ts'
import { outOfForm } from '../json.ts'
import { setMembers } from '../json-edit.ts'
import { anthropicFault } from './fault.ts'
import { checkCount } from './request/check-request.ts'
import { readRequest } from './request/read-request.ts'
import { writeCount } from './request/write-request.ts'

/** How many input tokens a request would have, https://platform.claude.com/docs/en/api/messages-count-tokens. Its output is a TokenCount. */
export const anthropicCountTokens: DialectCodec = {
  name: 'anthropic-count-tokens',
  task: 'chat',
  path: '/messages/count_tokens',
  accept: {
    check: checkCount,
    readRequest: (body) => [readRequest(body)],
    writeAnswer: ([output]) => {
      if (isJsonObject(output) && typeof output.inputTokens === 'number') return { input_tokens: output.inputTokens }
      throw new AstraError('invalid_output', { reason: 'the answer holds no number of tokens' })
    },
  },
  ask: {
    writeRequest: writeCount,
    readAnswer: (body) => ({ items: [{ output: countIn(body) }] }),
    lookAtAnswer: (body) => {
      countIn(body)
      return { text: '' }
    },
    forward: ({ bytes }, { model }) => ({
      bytes: setMembers(bytes, { model: JSON.stringify(model) }),
      hidesUsage: false,
    }),
  },
}

export interface TokenCount {
  readonly inputTokens: number
}

function countIn(body: JsonObject): TokenCount {
  const fault = anthropicFault(body, undefined, false)
  if (fault) throw fault
  const inputTokens = body.input_tokens
  if (typeof inputTokens !== 'number') throw outOfForm('no number "input_tokens"')
  return { inputTokens }
}
