import type { AskHalf, DialectCodec } from '../dialect.ts'
import { setMembers } from '../json-edit.ts'
import { outputLimitMembers } from '../output-limit.ts'
import { checkRequest } from './responses/check-request.ts'
import { finishOf, lookAtAnswer, readAnswer } from './responses/read-answer.ts'
import { readRequest } from './responses/read-request.ts'
import { readStream } from './responses/read-stream.ts'
import { writeAnswer } from './responses/write-answer.ts'
import { writeRequest } from './responses/write-request.ts'
import { writeStream } from './responses/write-stream.ts'

/**
 * OpenAI's responses without their state: nothing is stored, here or upstream, so that no caller is tied to the upstream that answered
 * before.
 */
export const openaiResponses: DialectCodec = {
  name: 'openai-responses',
  task: 'chat',
  path: '/responses',
  accept: { check: checkRequest, readRequest, writeAnswer, writeStream },
  ask: { writeRequest, readAnswer, lookAtAnswer, finishOf, forward, readStream },
}

/** Left out, `store` means true upstream. */
function forward(...[request, wish]: Parameters<AskHalf['forward']>): ReturnType<AskHalf['forward']> {
  const limit = outputLimitMembers('openai-responses', request.body, wish)
  const bytes = setMembers(request.bytes, { model: JSON.stringify(wish.model), store: 'false', ...limit })
  return { bytes, hidesUsage: false }
}
