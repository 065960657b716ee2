import type { DialectCodec } from '../dialect.ts'
import { checkChatRequest } from './chat/check-request.ts'
import { forwardRequest } from './chat/forward.ts'
import { finishOfChoices, lookAtChatAnswer, readChatAnswer } from './chat/read-answer.ts'
import { readChatRequest } from './chat/read-request.ts'
import { CompletionStreamReader } from './chat/read-stream.ts'
import { chatStreamForm } from './chat/stream-chunks.ts'
import { writeChatAnswer } from './chat/write-answer.ts'
import { writeChatRequest } from './chat/write-request.ts'
import { writeChatStream } from './chat/write-stream.ts'

/** OpenAI's chat completions, as its own API and the many servers that speak like it have them. */
export const openaiChat: DialectCodec = {
  name: 'openai-chat',
  task: 'chat',
  path: '/chat/completions',
  accept: {
    check: checkChatRequest,
    readRequest: (body) => [readChatRequest(body)],
    writeAnswer: writeChatAnswer,
    writeStream: writeChatStream,
  },
  ask: {
    writeRequest: writeChatRequest,
    readAnswer: readChatAnswer,
    lookAtAnswer: lookAtChatAnswer,
    finishOf: finishOfChoices,
    forward: forwardRequest,
    readStream: ({ hidesUsage }) => new CompletionStreamReader(chatStreamForm(), hidesUsage),
  },
}
