import type { DialectCodec } from '../dialect.ts'
import { setMembers } from '../json-edit.ts'
import { outputLimitMembers } from '../output-limit.ts'
import { finishOf, lookAtAnswer, readAnswer } from './answer/read-answer.ts'
import { writeAnswer } from './answer/write-answer.ts'
import { checkRequest } from './request/check-request.ts'
import { readRequest } from './request/read-request.ts'
import { writeRequest } from './request/write-request.ts'
import { readStream } from './stream/read-stream.ts'
import { writeStream } from './stream/write-stream.ts'

/** Anthropic's messages, https://platform.claude.com/docs/en/api/messages. */
export const anthropicMessages: DialectCodec = {
  name: 'anthropic-messages',
  task: 'chat',
  path: '/messages',
  accept: {
    check: checkRequest,
    readRequest: (body) => [readRequest(body)],
    writeAnswer,
    writeStream,
  },
  ask: {
    writeRequest,
    readAnswer,
    lookAtAnswer,
    finishOf,
    // A stream of this protocol always tells its usage: nothing else has to be asked for.
    forward: ({ bytes, body }, wish) => ({
      bytes: setMembers(bytes, {
        model: JSON.stringify(wish.model),
        ...outputLimitMembers('anthropic-messages', body, wish),
      }),
      hidesUsage: false,
    }),
    readStream,
  },
}
