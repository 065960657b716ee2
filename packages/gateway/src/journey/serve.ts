import type { Answer, StreamAnswer, WholeAnswer } from '../kernel/answer.ts'
import type { Call } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import type { Catalog, Version } from '../kernel/catalog.ts'
import { AstraError, toAstraError } from '../kernel/errors.ts'
import { bindCall } from './admit/bind.ts'
import { permit } from './admit/permit.ts'
import { assign } from './assign/assign.ts'
import { type FittedCall, fitInputs, type Relays } from './assign/fit-inputs.ts'
import type { Cache } from './cache/cache.ts'
import { tellWhole } from './cache/tell-whole.ts'
import type { Visit } from './cache/visit.ts'
import type { ChargedCall, InFlight } from './charge/in-flight.ts'
import type { Met, Reserve } from './charge/reserve.ts'
import { type DispatchPorts, dispatch, dispatchStream } from './dispatch/dispatch.ts'
import type { Observers } from './observe/observe.ts'
import { type OpenRecord, openRecord, type RecordPorts } from './record/open-record.ts'
import { RecordedStream } from './recorded-stream.ts'

export interface JourneyPorts extends DispatchPorts {
  readonly catalog: () => Catalog
  readonly inFlight: Pick<InFlight, 'place'>
  readonly limits: Pick<Reserve, 'reserve' | 'admitHit'>
  readonly cache: Pick<Cache, 'concerns' | 'answer'>
  readonly observers: Pick<Observers, 'follow'>
  /** Who is asked where a call sees another catalog than the active one. */
  readonly fleetOf: (catalog: Catalog) => DispatchPorts['fleet']
  readonly record: RecordPorts
  /** The store's secret: without it anybody could choose units that meet one arm of an experiment. */
  readonly unitSalt: string
  /**
   * A call begins: it counts as received, and feedback may find it from now on. Throws when none may begin (accounting is
   * behind, or the gateway is stopping); such a call is counted and has no Record.
   */
  readonly begin: (call: Call, caller: Caller) => void
}

export interface Journey {
  serve(call: Call, caller: Caller): Promise<Answer>
  /**
   * The same, but gives what it ends with: to throw a refusal through every step took as long as to find it, 3 us. `seen`: in place of the
   * active catalog.
   */
  settle(call: Call, caller: Caller, seen?: Catalog): Promise<Answer | AstraError>
  refuse(call: Call, caller: Caller, error: AstraError): void
}

/**
 * The journey of a call, in a straight line. Each step takes what the step before it made, so that another order does not
 * compile; whatever is thrown on the way becomes the call's one Record, and then the caller's error.
 */
export function createJourney(ports: JourneyPorts): Journey {
  const open = (call: Call, caller: Caller) => {
    ports.begin(call, caller)
    return openRecord(call, caller, ports.record)
  }
  const relays: Relays = (version, dialect) => {
    const relay = ports.backends.get(version.state.backend)?.relay
    return relay?.speaks(version, dialect) ?? false
  }
  const portsOf = ({ catalog }: FittedCall): JourneyPorts =>
    catalog === ports.catalog() ? ports : { ...ports, fleet: ports.fleetOf(catalog) }
  const answer = (fitted: FittedCall, record: OpenRecord): Answer | AstraError | Promise<Answer> => {
    // What the gateway asks itself is for the model, whatever is known already.
    if (fitted.call.role !== undefined) return charge(fitted, portsOf(fitted), record)
    if (!ports.cache.concerns(fitted)) return charge(fitted, ports, record)
    return ports.cache.answer(fitted, new JourneyVisit(record, ports, serve))
  }
  const follow = (fitted: FittedCall, record: OpenRecord): Answer | Promise<Answer> =>
    ports.observers.follow(fitted, () => orReject(answer(fitted, record)))
  const settle: Journey['settle'] = async (asked, caller, seen) => {
    const call = bindCall(asked, caller)
    const record = open(call, caller)
    try {
      const catalog = seen ?? ports.catalog()
      record.sees(catalog)
      const admitted = permit(call, caller, catalog)
      const assigned = assign(admitted, ports.unitSalt)
      record.assigned(assigned)
      const fitted = fitInputs(assigned, relays)
      const asked = fitted.contract.observed ? await follow(fitted, record) : await answer(fitted, record)
      if (asked instanceof AstraError) record.fail(asked)
      return asked
    } catch (thrown) {
      const error = toAstraError(thrown)
      record.fail(error)
      return error
    }
  }
  const serve = async (call: Call, caller: Caller): Promise<Answer> => orReject(await settle(call, caller))
  return {
    serve,
    settle,
    refuse(call, caller, error) {
      const record = open(call, caller)
      record.sees(ports.catalog())
      record.fail(error)
    },
  }
}

/** A class: of an object with functions of its own, each call would make them. */
class JourneyVisit implements Visit {
  readonly record: OpenRecord
  readonly serve: Visit['serve']
  readonly #ports: JourneyPorts

  constructor(record: OpenRecord, ports: JourneyPorts, serve: Visit['serve']) {
    this.record = record
    this.serve = serve
    this.#ports = ports
  }

  ask(fitted: FittedCall): Promise<Answer> {
    return orReject(charge(fitted, this.#ports, this.record))
  }

  admit(fitted: FittedCall): ReturnType<Visit['admit']> {
    return this.#ports.limits.admitHit(fitted)
  }
}

function orReject<Asked>(asked: Asked | AstraError): Asked | Promise<never> {
  return asked instanceof AstraError ? Promise.reject(asked) : asked
}

/** May they spend it? Then the version is asked. Without a wait it takes no turn of its own. */
function charge(fitted: FittedCall, ports: JourneyPorts, record: OpenRecord): AstraError | Promise<Answer> {
  const place = ports.inFlight.place(fitted)
  if (!(place instanceof Promise)) return reserve(place, ports, record)
  return waited(place, ports, record).then((charged) => orReject(reserve(charged, ports, record)))
}

type Answering = (charged: ChargedCall, met: Met, ports: JourneyPorts, record: OpenRecord) => Promise<Answer>

function reserve(charged: ChargedCall, ports: JourneyPorts, record: OpenRecord): AstraError | Promise<Answer> {
  const answer: Answering = charged.call.stream ? answerInChunks : answerWhole
  const met = ports.limits.reserve(charged, record)
  if (met instanceof AstraError) return met
  return met instanceof Promise
    ? met.then((met) => answer(charged, met, ports, record))
    : answer(charged, met, ports, record)
}

/** What became of its wait stands in the Record, however it ended. */
async function waited(place: Promise<ChargedCall>, { clock }: JourneyPorts, record: OpenRecord): Promise<ChargedCall> {
  const since = clock.elapsed()
  try {
    return await place
  } finally {
    record.queued(clock.elapsed() - since)
  }
}

async function answerWhole(
  charged: ChargedCall,
  met: Met,
  ports: JourneyPorts,
  record: OpenRecord,
): Promise<WholeAnswer> {
  try {
    const { version, items, relayed, usage } = await dispatch(charged, ports, record)
    if (charged.call.signal.aborted) throw new AstraError('cancelled')
    const [only] = items
    if (!charged.call.batch && only && 'error' in only) throw only.error
    if (charged.call.allOrNothing) for (const item of items) if ('error' in item) throw item.error
    const answered = { ...head(charged, version, met), kind: 'whole', items, usage, timing: record.timing() } as const
    const answer: WholeAnswer = relayed ? { ...answered, relayed } : answered
    return tellWhole(answer, charged.call, record)
  } finally {
    charged.release()
  }
}

/** The first event is awaited here, so that a failure before it still has a status of its own. */
async function answerInChunks(
  charged: ChargedCall,
  met: Met,
  ports: JourneyPorts,
  record: OpenRecord,
): Promise<StreamAnswer> {
  try {
    const begun = await dispatchStream(charged, ports, record)
    const events = new RecordedStream(begun, charged.release, record)
    // A caller who leaves before the door reads on would leave the stream hanging, and the call without a Record.
    const { signal } = charged.call
    if (signal.aborted) void events.return()
    else signal.addEventListener('abort', () => void events.return(), { once: true })
    return { ...head(charged, begun.version, met), kind: 'stream', events, fail: (error) => events.fail(error) }
  } catch (thrown) {
    charged.release()
    throw thrown
  }
}

function head({ call, contract }: ChargedCall, version: Version, limits: Met) {
  const told = { callId: call.id, model: call.model, major: contract.major, version: version.id, cached: false }
  return limits ? { ...told, limits } : told
}
