import { GatheredBytes } from '@astraapi/oip'
import type { Reply, ReplyHead } from './reply.ts'

/** A reply read whole, or as much of it as has place: of an error the beginning is enough. */
export async function readBeginning(reply: ReplyHead & AsyncIterable<Buffer>, bytesMax: number): Promise<Reply> {
  const beginning = new GatheredBytes(bytesMax)
  for await (const chunk of reply) {
    beginning.push(chunk.subarray(0, bytesMax - beginning.length))
    if (beginning.length >= bytesMax) break
  }
  return { status: reply.status, headers: reply.headers, body: beginning.take() }
}
