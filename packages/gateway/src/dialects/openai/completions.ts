import type { DialectCodec } from '../dialect.ts'
import { forwardRequest } from './chat/forward.ts'
import { finishOfChoices } from './chat/read-answer.ts'
import { CompletionStreamReader } from './chat/read-stream.ts'
import {
  completionStreamForm,
  lookAtCompletionAnswer,
  readCompletionAnswer,
  writeCompletionAnswer,
  writeCompletionStream,
} from './completions/answer.ts'
import { checkCompletionRequest, readCompletionRequest, writeCompletionRequest } from './completions/request.ts'

/** OpenAI's completions, a vendor's past and many an engine's present. */
export const openaiCompletions: DialectCodec = {
  name: 'openai-completions',
  task: 'completion',
  path: '/completions',
  accept: {
    check: checkCompletionRequest,
    readRequest: readCompletionRequest,
    writeAnswer: writeCompletionAnswer,
    writeStream: writeCompletionStream,
  },
  ask: {
    writeRequest: writeCompletionRequest,
    readAnswer: readCompletionAnswer,
    lookAtAnswer: lookAtCompletionAnswer,
    finishOf: finishOfChoices,
    forward: forwardRequest,
    readStream: ({ hidesUsage }) => new CompletionStreamReader(completionStreamForm, hidesUsage),
  },
}
