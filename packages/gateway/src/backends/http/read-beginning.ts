import { GatheredBytes } from '@astraapi/oip'
import type { StreamedReply } from './exchange-stream.ts'
import type { Reply } from './reply.ts'

/** A reply read whole, or as much of it as has place: of an error the beginning is enough. */
export async function readBeginning(reply: StreamedReply, bytesMax: number): Promise<Reply> {
  const beginning = new GatheredBytes(bytesMax)
  for await (const chunk of reply) {
    beginning.push(chunk.subarray(0, bytesMax - beginning.length))
    if (beginning.length >= bytesMax) break
  }
  return { status: reply.status, headers: reply.headers, body: beginning.take() }
}
