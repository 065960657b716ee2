import type { Answer, AnswerHead, Item, StreamEvent, Timing, Usage, WholeAnswer } from '../../kernel/answer.ts'
import type { CacheNote } from '../../kernel/cache.ts'
import type { CallerSignal } from '../../kernel/call.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { LimitStatus } from '../../kernel/limits.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import type { KeptAnswer } from './kept-answer.ts'
import { Reader, type Source } from './reader.ts'
import { tellWhole } from './tell-whole.ts'
import type { VisitRecord } from './visit.ts'

/** An answer that was given before, given to another call: under its own id, in its own door's form, and with its own Record. */
export function replay(
  fitted: FittedCall,
  { version, usage, body }: KeptAnswer,
  cache: CacheNote,
  record: VisitRecord,
  limits?: readonly LimitStatus[],
): Answer {
  record.cache(cache.outcome, version)
  const { call, contract } = fitted
  if (body.form === 'relayed') {
    const answer = relayedAnswer(fitted, { version, usage, relayed: body.bytes, cache, timing: record.timing() })
    return tellWhole(limits ? { ...answer, limits } : answer, call, record)
  }
  const told = { callId: call.id, model: call.model, major: contract.major, version, cached: true, cache }
  const head = limits ? { ...told, limits } : told
  switch (body.form) {
    case 'items':
      if (isReady(body)) return tellWhole(new ReadyAnswer(head, usage, record.timing(), body), call, record)
      return tellWhole({ ...head, kind: 'whole', items: body.items, usage, timing: record.timing() }, call, record)
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

type Relayed = Required<Pick<WholeAnswer, 'version' | 'usage' | 'relayed' | 'cache' | 'timing'>>

/** Most answers are: in one object, as each copy of one is 0.2 kB. */
function relayedAnswer(
  { call, contract }: FittedCall,
  { version, usage, relayed, cache, timing }: Relayed,
): WholeAnswer {
  return {
    kind: 'whole',
    callId: call.id,
    model: call.model,
    major: contract.major,
    version,
    cached: true,
    cache,
    items: noItems,
    relayed,
    usage,
    timing,
  }
}

const noItems: readonly Item[] = []

/** An answer that is sent on as it is: its items are not read here, unless a door asks for them. */
class ReadyAnswer implements WholeAnswer {
  readonly kind = 'whole'
  readonly callId: string
  readonly model: string
  readonly major: number
  readonly version: string
  readonly cached = true
  readonly cache: CacheNote
  readonly limits?: readonly LimitStatus[]
  readonly usage: Usage
  readonly timing: Timing
  readonly outputJson: Buffer
  readonly #body: ReadyBody
  #items: readonly Item[] | undefined

  constructor(head: Replayed, usage: Usage, timing: Timing, body: ReadyBody) {
    this.callId = head.callId
    this.model = head.model
    this.major = head.major
    this.version = head.version
    this.cache = head.cache
    if (head.limits) this.limits = head.limits
    this.usage = usage
    this.timing = timing
    this.outputJson = body.outputJson
    this.#body = body
  }

  get items(): readonly Item[] {
    this.#items ??= this.#body.items
    return this.#items
  }
}

interface ReadyBody {
  readonly items: readonly Item[]
  readonly outputJson: Buffer
}

function isReady(body: { readonly outputJson?: Buffer }): body is ReadyBody {
  return body.outputJson !== undefined
}

type Replayed = Omit<AnswerHead, 'cache'> & { readonly cache: CacheNote }

/** A caller who leaves before the door reads on would leave the call without a Record. */
export function endWithCaller(reader: Reader, signal: CallerSignal): void {
  const leave = () => void reader.fail(new AstraError('cancelled', { reason: 'the caller left in mid-stream' }))
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
}

function sourceOf(events: readonly StreamEvent[]): Source {
  return { at: ({ position }) => events[position], left: () => undefined }
}
