import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChatRequest } from '../../../kernel/chat.ts'
import { chatRequestSchema } from '../../../kernel/chat-schema.ts'
import { compileSchema } from '../../../kernel/schema/validator.ts'
import { arbitraryChat } from '../../testing/arbitrary-chat.ts'
import { readRequest } from './read-request.ts'
import { outputTokensDefault, writeRequest } from './write-request.ts'

const fits = compileSchema(chatRequestSchema)
const wish = { model: 'm', stream: false, tellsStreamUsage: false }
const features = {
  reasoningParts: true,
  signatures: true,
  files: true,
  toolImages: true,
  toolFailures: true,
  topK: true,
  reasoningTokens: true,
  effort: true,
  stop: true,
  strictTools: true,
}

test('what is written is read as it was, defaults spelt out', () => {
  fc.assert(
    fc.property(arbitraryChat(features).map(plain).map(withChoosableTools), (request) => {
      const body = JSON.parse(JSON.stringify(writeRequest([request], wish)))
      const read = readRequest(body)
      assert.deepEqual(read, spelt(request))
      assert.equal(fits(read, ''), undefined)
    }),
  )
})

/** Without the bare prototypes of fast-check's records. */
const plain = <T>(value: T): T => structuredClone(value)

/** Without tools there is nothing to choose from: the protocol has no words for it. */
function withChoosableTools(request: ChatRequest): ChatRequest {
  const { toolChoice: _, parallelToolCalls: __, ...rest } = request
  return request.tools ? request : rest
}

/** As this protocol says it: a bound on every answer, a choice whenever tools are not called in parallel, no effort below low. */
function spelt(request: ChatRequest): ChatRequest {
  const { toolChoice, parallelToolCalls, responseFormat, reasoning, ...rest } = request
  const choice = toolChoice ?? (parallelToolCalls === undefined ? undefined : 'auto')
  return {
    outputTokensMax: outputTokensDefault + (reasoning?.tokensMax ?? 0),
    ...rest,
    ...(choice === undefined ? {} : { toolChoice: choice }),
    ...(parallelToolCalls === undefined || choice === 'none' ? {} : { parallelToolCalls }),
    ...(responseFormat?.type === 'json' ? { responseFormat } : {}),
    ...(reasoning ? { reasoning: reasoning.effort === 'minimal' ? { effort: 'low' } : reasoning } : {}),
  }
}
