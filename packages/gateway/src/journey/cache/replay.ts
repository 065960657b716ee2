import type { Answer, StreamEvent } from '../../kernel/answer.ts'
import type { CacheNote } from '../../kernel/cache.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { LimitStatus } from '../../kernel/limits.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import type { KeptAnswer } from './kept-answer.ts'
import { Reader, type Source } from './reader.ts'
import { tellWhole } from './tell-whole.ts'
import type { VisitRecord } from './visit.ts'

/** An answer that was given before, given to another call: under its own id, in its own door's form, and with its own Record. */
export function replay(
  { call, contract }: FittedCall,
  { version, usage, body }: KeptAnswer,
  cache: CacheNote,
  record: VisitRecord,
  limits?: readonly LimitStatus[],
): Answer {
  record.cache(cache.outcome, version)
  const head = {
    callId: call.id,
    model: call.model,
    major: contract.major,
    version,
    cached: true,
    cache,
    ...(limits ? { limits } : {}),
  }
  switch (body.form) {
    case 'items':
      return tellWhole({ ...head, kind: 'whole', items: body.items, usage, timing: record.timing() }, call, record)
    case 'relayed': {
      const { bytes: relayed } = body
      return tellWhole({ ...head, kind: 'whole', items: [], relayed, usage, timing: record.timing() }, call, record)
    }
    default: {
      const events: StreamEvent[] =
        body.form === 'chunks'
          ? body.chunks.map((chunk) => ({ type: 'chunk', chunk }))
          : [{ type: 'relayed', bytes: body.bytes }]
      events.push({ type: 'answer-end', usage })
      const reader = new Reader(sourceOf(events), record)
      endWithCaller(reader, call.signal)
      return { ...head, kind: 'stream', events: reader, fail: (error) => reader.fail(error) }
    }
  }
}

/** A caller who leaves before the door reads on would leave the call without a Record. */
export function endWithCaller(reader: Reader, signal: AbortSignal): void {
  const leave = () => void reader.fail(new AstraError('cancelled', { reason: 'the caller left in mid-stream' }))
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
}

function sourceOf(events: readonly StreamEvent[]): Source {
  return { at: ({ position }) => events[position], left: () => undefined }
}
