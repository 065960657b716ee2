import type { AcceptHalf, DialectCodec, StreamWriter } from '../../../../dialects/dialect.ts'
import { dialects } from '../../../../dialects/dialects.ts'
import { AstraError } from '../../../../kernel/errors.ts'
import type { Dialect } from '../../../../kernel/wire.ts'

/** Codecs with the real names, tasks and paths whose words are as few as can be: what a door does, and not what a protocol says. */
export const fakeCodecs = Object.fromEntries(
  Object.values(dialects).map((codec): [Dialect, DialectCodec] => [codec.name, { ...codec, accept: acceptOf(codec) }]),
) as Readonly<Record<Dialect, DialectCodec>>

/** `{"input": one or several, "stream"?}`; what is to be refused is marked so. */
function acceptOf({ task }: DialectCodec): AcceptHalf {
  const streams = task === 'chat' || task === 'completion'
  return {
    check({ input, stream }) {
      if (input === undefined) {
        throw new AstraError('invalid_input', { violations: [{ path: '/input', message: 'is missing' }] })
      }
      return { items: Array.isArray(input) ? input.length : 1, stream: stream === true }
    },
    readRequest: ({ input }) => (Array.isArray(input) ? input : [input]).map((text) => ({ text })),
    writeAnswer(outputs, { callId, model, created, usage }) {
      if (outputs.includes('untold')) throw new AstraError('invalid_output', { reason: 'it cannot be told' })
      return { id: callId, model, created, outputs, usage }
    },
    ...(streams ? { writeStream: ({ callId }) => fakeWriter(callId) } : {}),
  }
}

function fakeWriter(callId: string): StreamWriter {
  return {
    start: () => `data: start ${callId}\n\n`,
    chunk: (chunk) => (chunk === 'silent' ? '' : `data: ${JSON.stringify(chunk)}\n\n`),
    end: ({ outputTokens }) => `data: end ${outputTokens}\n\n`,
  }
}
