import type { Answer, StreamAnswer, WholeAnswer } from '../kernel/answer.ts'
import type { Call } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import type { Catalog, Version } from '../kernel/catalog.ts'
import { AstraError, toAstraError } from '../kernel/errors.ts'
import { permit } from './admit/permit.ts'
import { assign } from './assign/assign.ts'
import { fitInputs, type Relays } from './assign/fit-inputs.ts'
import type { ChargedCall, createCharge } from './charge/in-flight.ts'
import { type DispatchPorts, dispatch, dispatchStream } from './dispatch/dispatch.ts'
import { type OpenRecord, openRecord, type RecordPorts } from './record/open-record.ts'
import { RecordedStream } from './recorded-stream.ts'

export interface JourneyPorts extends DispatchPorts {
  readonly catalog: () => Catalog
  readonly charge: ReturnType<typeof createCharge>
  readonly record: RecordPorts
  /**
   * A call begins: it counts as received, and feedback may find it from now on. Throws when none may begin (accounting is
   * behind, or the gateway is stopping); such a call is counted and has no Record.
   */
  readonly begin: (call: Call, caller: Caller) => void
}

export interface Journey {
  serve(call: Call, caller: Caller): Promise<Answer>
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
  return {
    async serve(call, caller) {
      const record = open(call, caller)
      try {
        const catalog = ports.catalog()
        record.sees(catalog)
        const admitted = permit(call, caller, catalog)
        const assigned = assign(admitted)
        record.assigned(assigned)
        const fitted = fitInputs(assigned, relays)
        const charged = ports.charge(fitted)
        return await (call.stream ? answerInChunks(charged, ports, record) : answerWhole(charged, ports, record))
      } catch (thrown) {
        const error = toAstraError(thrown)
        record.fail(error)
        throw error
      }
    },
    refuse(call, caller, error) {
      const record = open(call, caller)
      record.sees(ports.catalog())
      record.fail(error)
    },
  }
}

async function answerWhole(charged: ChargedCall, ports: JourneyPorts, record: OpenRecord): Promise<WholeAnswer> {
  try {
    const { version, items, relayed, usage } = await dispatch(charged, ports, record)
    if (charged.call.signal.aborted) throw new AstraError('cancelled')
    const [only] = items
    if (!charged.call.batch && only && 'error' in only) throw only.error
    const failures = items.flatMap((item) => ('error' in item ? [item.error] : []))
    const [first] = failures
    if (first && charged.call.allOrNothing) throw first
    const answered = { ...head(charged, version), kind: 'whole', items, usage, timing: record.timing() } as const
    const answer: WholeAnswer = relayed ? { ...answered, relayed } : answered
    charged.call.tell?.(answer)
    // The caller reads each item's error in a 200; for the Record a batch without a single output failed.
    if (first && failures.length === items.length) record.fail(first)
    else record.succeed(failures.length)
    return answer
  } finally {
    charged.release()
  }
}

/** The first event is awaited here, so that a failure before it still has a status of its own. */
async function answerInChunks(charged: ChargedCall, ports: JourneyPorts, record: OpenRecord): Promise<StreamAnswer> {
  try {
    const begun = await dispatchStream(charged, ports, record)
    const events = new RecordedStream(begun, charged.release, record)
    // A caller who leaves before the door reads on would leave the stream hanging, and the call without a Record.
    const { signal } = charged.call
    if (signal.aborted) void events.return()
    else signal.addEventListener('abort', () => void events.return(), { once: true })
    return { ...head(charged, begun.version), kind: 'stream', events, fail: (error) => events.fail(error) }
  } catch (thrown) {
    charged.release()
    throw thrown
  }
}

function head({ call, contract }: ChargedCall, version: Version) {
  return { callId: call.id, model: call.model, major: contract.major, version: version.id, cached: false }
}
