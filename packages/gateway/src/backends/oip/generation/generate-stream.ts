import type { AttemptContext, BackendEvent } from '../../../kernel/backend.ts'
import type { Version } from '../../../kernel/catalog.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { readBeginning } from '../../http/read-beginning.ts'
import { EventSplitter } from '../../http/sse.ts'
import { jsonHeaders } from '../call-headers.ts'
import type { Upstream } from '../upstream.ts'
import { generationPath, generationRefusal, taskOf } from './generate.ts'
import { readWritten } from './read-generation.ts'

/** Chunks as they come; the last event says why it ended and what it took, and a stream without one was cut. */
export async function* generateStream(
  upstream: () => Upstream,
  version: Version,
  input: unknown,
  context: AttemptContext,
): AsyncGenerator<BackendEvent, void> {
  context.signal.throwIfAborted()
  const task = taskOf(version)
  const path = generationPath(version, 'generate_stream')
  const reply = await upstream().stream(path, task.write(input), jsonHeaders(context), context.signal)
  if (reply.status !== 200) throw generationRefusal(await readBeginning(reply, errorBytesMax))
  const splitter = new EventSplitter()
  for await (const bytes of reply) {
    const blocks = splitter.push(bytes)
    if (blocks.length === 0) yield { type: 'still-there' }
    for (const { data } of blocks) {
      const written = readWritten(parse(data))
      if (written.usage) yield { type: 'usage', usage: written.usage }
      for (const chunk of task.chunks(written)) yield { type: 'chunk', chunk }
      if (written.finishReason) return reply.letEnd()
    }
  }
  throw new AstraError('upstream_failed', { reason: 'the stream ended without its last event' })
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw new AstraError('upstream_failed', { reason: 'an event of the stream is not JSON' })
  }
}

const errorBytesMax = 1 << 16
