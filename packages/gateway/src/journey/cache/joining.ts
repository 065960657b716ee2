import type { Answer, StreamAnswer, WholeAnswer } from '../../kernel/answer.ts'
import { type CacheOutcome, type CachePolicy, type CacheStore, isPurgedBy } from '../../kernel/cache.ts'
import { Chain } from '../../kernel/chain.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import { TransientMap } from '../../kernel/transient-map.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { afterWait, timeLeftMs } from '../assign/time-limit.ts'
import { Flight } from './flight.ts'
import { encodeKept, type KeptAnswer, keptWhole } from './kept-answer.ts'
import { waitFor } from './patience.ts'
import { admitReader, readerOf } from './reading.ts'
import { replay } from './replay.ts'
import { SharedStream } from './shared-stream.ts'
import type { Visit } from './visit.ts'

/** Where an answer is kept, and how. */
export interface Place {
  readonly key: string
  readonly policy: CachePolicy
  /** Told when it was. */
  readonly kept?: (answer: KeptAnswer) => void
}

export type Joining = ReturnType<typeof createJoining>

/**
 * Equal calls in flight at once ask once: the first asks, the others wait for what it gets. It may leave without taking them along, and
 * where it gets no answer each of them asks for itself, once, within what is left of its own time: its failure may be its own (a limit,
 * a time limit), and what others got is no promise.
 */
export function createJoining({ store, clock }: { readonly store: CacheStore; readonly clock: Clock }) {
  /** All, also those that nobody may join: a purge has to reach them. */
  const flights = new Chain<Flight>()
  const joinable = new TransientMap<string, Flight>()

  const close = (flight: Flight) => {
    if (joinable.get(flight.key) === flight) joinable.delete(flight.key)
  }
  const ended = (flight: Flight) => {
    if (flight.link) flights.remove(flight.link)
    close(flight)
  }
  const begin = (key: string, seats: number) => {
    const flight = new Flight(key, seats, ended)
    flight.link = flights.push(flight)
    if (!joinable.has(key)) joinable.set(key, flight)
    return flight
  }

  const keep = (fitted: FittedCall, flight: Flight, place: Place, kept: KeptAnswer) => {
    const { key, policy } = place
    // A fallback's answer is not the version's own.
    if (!flight.mayKeep || kept.version !== fitted.version.id) return
    const bytes = encodeKept(kept)
    if (!bytes || bytes.length > policy.answerBytesMax) return
    store.set(key, { bytes, storedAt: clock.now() }, policy.ttlMs + policy.staleMs)
    place.kept?.(kept)
  }

  const lead = async (fitted: FittedCall, visit: Visit, place: Place, outcome: CacheOutcome): Promise<Answer> => {
    const { call, contract } = fitted
    const flight = begin(place.key, contract.limits.inFlightMax)
    visit.record.cache(outcome)
    const leave = () => {
      visit.record.leaves(new AstraError('cancelled'))
      flight.leave()
    }
    if (call.signal.aborted) leave()
    else call.signal.addEventListener('abort', leave)
    try {
      const answer = await visit.ask({ ...fitted, call: { ...call, signal: flight.signal } })
      const noted = { ...answer, cache: { outcome } }
      call.signal.removeEventListener('abort', leave)
      return noted.kind === 'whole' ? tell(noted, fitted, flight, place) : share(noted, fitted, visit, flight, place)
    } catch (thrown) {
      call.signal.removeEventListener('abort', leave)
      flight.over()
      throw thrown
    }
  }

  const tell = (answer: WholeAnswer, fitted: FittedCall, flight: Flight, place: Place): WholeAnswer => {
    if (isComplete(answer)) {
      const kept = keptWhole(answer)
      keep(fitted, flight, place, kept)
      flight.land({ kind: 'whole', kept })
    }
    flight.over()
    // As it would have been told had nobody joined; its Record says so already.
    if (fitted.call.signal.aborted) throw new AstraError('cancelled')
    return answer
  }

  const share = (
    answer: StreamAnswer,
    fitted: FittedCall,
    visit: Visit,
    flight: Flight,
    place: Place,
  ): StreamAnswer => {
    const { events, version } = answer
    const stream = new SharedStream(events, {
      bytesMax: place.policy.answerBytesMax,
      tooLong: () => close(flight),
      complete: (body, usage) => keep(fitted, flight, place, { version, usage, body }),
      over: () => flight.over(),
      left: () => flight.leave(),
    })
    flight.land({ kind: 'stream', stream, version })
    return { ...answer, ...readerOf(stream, leaderEnds(visit), fitted.call.signal) }
  }

  const join = async (fitted: FittedCall, visit: Visit, flight: Flight): Promise<Answer | undefined> => {
    const { call, contract } = fitted
    const until = clock.elapsed() + timeLeftMs(fitted)
    const leftMs = () => until - clock.elapsed()
    const note = { outcome: 'joined' } as const
    let reads = false
    try {
      const landed = await waitFor(flight.landed, call, leftMs())
      if (call.signal.aborted) throw new AstraError('cancelled')
      if (!landed) return undefined
      if (landed.kind === 'whole') return replay(fitted, landed.kept, note, visit.record, await visit.admit(fitted))
      const { stream, version } = landed
      if (stream.isTooLong) return undefined
      // Before its limits are asked: was its beginning forgotten meanwhile, it would ask for itself, and count as two requests.
      const reading = readerOf(stream, visit.record, call.signal, leftMs())
      reads = true
      const limits = await admitReader(fitted, visit, reading.events)
      visit.record.cache('joined', version)
      const head = { callId: call.id, model: call.model, major: contract.major, version, cached: true, cache: note }
      return { ...head, kind: 'stream', ...(limits ? { limits } : {}), ...reading }
    } finally {
      // One that reads a stream leaves when it ends.
      if (!reads) flight.leave()
    }
  }

  const joinOr = async (fitted: FittedCall, visit: Visit, flight: Flight, place: Place): Promise<Answer> => {
    const since = clock.elapsed()
    const joined = await join(fitted, visit, flight)
    return joined ?? (await lead(afterWait(fitted, clock.elapsed() - since), visit, place, 'miss'))
  }

  return {
    /** An equal call is in flight. */
    isAsking: (key: string) => joinable.has(key),
    lead,
    bypass: async (fitted: FittedCall, visit: Visit): Promise<Answer> => {
      visit.record.cache('bypass')
      return { ...(await visit.ask(fitted)), cache: { outcome: 'bypass' } }
    },
    joinOrLead(fitted: FittedCall, visit: Visit, place: Place): Promise<Answer> {
      const flight = joinable.get(place.key)
      return flight?.join() ? joinOr(fitted, visit, flight, place) : lead(fitted, visit, place, 'miss')
    },
    /** What is in flight is neither kept nor given to calls that come later. */
    purge(prefix: string): void {
      for (const flight of flights) {
        if (!isPurgedBy(flight.key, prefix)) continue
        flight.mayKeep = false
        close(flight)
      }
    },
  }
}

function isComplete({ items }: WholeAnswer): boolean {
  return items.every((item) => 'output' in item)
}

/** How the Record of the first is closed stands with what it asked: only that it left is told from here. */
function leaderEnds({ record }: Visit) {
  return { firstChunk: () => undefined, succeed: () => undefined, fail: (error: AstraError) => record.leaves(error) }
}
