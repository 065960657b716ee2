import { ProtocolError } from '@astraapi/oip'
import type { FastifyReply } from 'fastify'

/** Aborts when the connection closes before the answer went out: nobody is left to compute it for. */
export function abandonment({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  const leave = () => {
    if (!raw.writableFinished) gone.abort(new ProtocolError('unavailable', 'The caller closed the connection'))
  }
  raw.once('close', leave)
  // It may have closed before there was anybody to tell, while the body was unpacked.
  if (raw.destroyed) leave()
  return gone.signal
}
