import type { Item, StreamEvent, Usage } from '../../kernel/answer.ts'
import type { Version } from '../../kernel/catalog.ts'
import { type AstraError, toAstraError } from '../../kernel/errors.ts'
import type { Taker } from '../../kernel/readable.ts'
import type { WireRequest } from '../../kernel/wire.ts'
import { isHurried, timeLeftMs, timeLimitMs } from '../assign/time-limit.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { askWhole } from './ask-whole.ts'
import { attemptEndOf, attemptEnds } from './attempt-end.ts'
import { Attempts, type AttemptsPorts, type AttemptsReport, type Try } from './attempts.ts'
import { beginFirst, type Open } from './begin-first.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import type { HedgeBudget } from './hedge-budget.ts'
import { legOf } from './leg.ts'
import { StreamAttempt } from './stream-attempt.ts'

export interface DispatchPorts extends AttemptsPorts {
  readonly hedges: HedgeBudget
}

/** What dispatch tells the Record while it works. */
export interface Progress extends AttemptsReport {
  /** The wait in the upstream's own queue, ms. */
  upstreamQueue(ms: number): void
}

export interface Dispatched {
  /** The one that answered. */
  readonly version: Version
  readonly items: readonly Item[]
  readonly relayed?: Buffer
  readonly usage: Usage
}

/** To a Replica: the inputs go out under one time limit; others are tried as `attemptEnds` and `mayRetry` say. */
export async function dispatch(charged: ChargedCall, ports: DispatchPorts, progress: Progress): Promise<Dispatched> {
  const { call, version, way, inputs } = charged
  const { wire } = call
  if (way === 'here' && wire?.here) return answerHere(charged, wire.here, wire.items)
  if (way === 'inputs' && inputs.length === 0) {
    return { version, items: inPlace(charged, []), usage: { items: call.inputs.length } }
  }
  const attempts = attemptsOf(charged, ports, progress)
  try {
    let whole = await beginFirst(charged, ports, attempts, askWhole)
    while (!whole) whole = await askWhole(charged, attempts, attempts.begin())
    const { one, queueMs, relayed, items } = whole
    if (queueMs !== undefined) progress.upstreamQueue(queueMs)
    const { version: served } = one.leg
    const counted = one.meter.usage()
    const usage = counted instanceof Promise ? await counted : counted
    if (relayed) return { version: served, items, relayed, usage }
    return { version: served, items: inPlace(charged, items), usage }
  } catch (thrown) {
    // A failure of upstream's, as a fallback would make good.
    const { fallsBack } = attemptEnds[attemptEndOf(toAstraError(thrown))]
    if (fallsBack && wire?.here) return answerHere(charged, wire.here, wire.items)
    throw thrown
  } finally {
    attempts.close()
  }
}

type Here = NonNullable<WireRequest['here']>

async function answerHere({ version }: ChargedCall, here: Here, items: number): Promise<Dispatched> {
  return { version, items: [{ output: await here() }], usage: { items } }
}

export interface DispatchedStream {
  /** The one that answers. */
  readonly version: Version
  readonly first: StreamEvent
  /** What follows it; fails with what the answer broke off with. */
  read<R>(taker: Taker<StreamEvent, R>): Promise<R>
  /** Nobody reads on. */
  leave(reason: AstraError): Promise<void>
  /** Once the time is up while nobody reads, and so nobody is told by a read. */
  onLate(listener: (error: AstraError) => void): void
  /** To be called when nothing more is read. */
  close(): void
}

/** The same for a stream: resolves with the first event that may go out, up to which others are tried; none after it. */
export async function dispatchStream(
  charged: ChargedCall,
  ports: DispatchPorts,
  progress: Progress,
): Promise<DispatchedStream> {
  const attempts = attemptsOf(charged, ports, progress)
  const open: Open<BegunStream> = async (charged, attempts, one) => {
    const rest = new StreamAttempt(charged, attempts, one, ports)
    const first = await rest.read(firstEvent)
    // One that failed and did not throw ends without an event.
    return first && { one, first, rest }
  }
  try {
    let begun = await beginFirst(charged, ports, attempts, open, ({ rest }) => void rest.drop())
    while (!begun) begun = await open(charged, attempts, attempts.begin())
    const { one, first, rest } = begun
    attempts.begun()
    return {
      version: one.leg.version,
      first,
      read: (taker) => rest.read(taker),
      leave: (reason) => rest.leave(reason),
      onLate: (listener) =>
        attempts.onLate((error) => {
          if (!rest.isRead) listener(error)
        }),
      close: () => attempts.close(),
    }
  } catch (thrown) {
    attempts.close()
    throw thrown
  }
}

interface BegunStream {
  readonly one: Try
  readonly first: StreamEvent
  readonly rest: StreamAttempt
}

const firstEvent: Taker<StreamEvent, StreamEvent | undefined> = {
  take: (event) => event,
  end: () => undefined,
  fail(thrown) {
    throw thrown
  },
}

function attemptsOf(charged: ChargedCall, ports: DispatchPorts, progress: Progress): Attempts {
  const leg = legOf(charged, charged.version, ports)
  return new Attempts(charged, leg, deadlineOf(charged), ports, progress)
}

function deadlineOf(charged: ChargedCall): Deadline {
  const { call, contract } = charged
  return startDeadline(call.signal, timeLimitMs(call, contract), timeLeftMs(charged), isHurried(call, contract))
}

/** Puts results back where the caller's list has them, misfits in between. */
function inPlace({ call, places, misfits }: ChargedCall, results: readonly Item[]): readonly Item[] {
  if (misfits.size === 0) return results
  const items = new Array<Item>(call.inputs.length)
  places.forEach((place, i) => {
    items[place] = results[i] as Item
  })
  for (const [place, error] of misfits) items[place] = { error }
  return items
}
