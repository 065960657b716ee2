import type { Answer, StreamAnswer, StreamEvent, WholeAnswer } from '../kernel/answer.ts'
import type { Call } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import type { Catalog } from '../kernel/catalog.ts'
import { AstraError, toAstraError } from '../kernel/errors.ts'
import { permit } from './admit/permit.ts'
import { assign } from './assign/assign.ts'
import { fitInputs } from './assign/fit-inputs.ts'
import type { ChargedCall, createCharge } from './charge/in-flight.ts'
import { type DispatchPorts, dispatch, dispatchStream } from './dispatch/dispatch.ts'
import { type OpenRecord, openRecord, type RecordPorts } from './record/open-record.ts'

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
  return {
    async serve(call, caller) {
      const record = open(call, caller)
      try {
        const catalog = ports.catalog()
        record.sees(catalog.revision)
        const admitted = permit(call, caller, catalog)
        const assigned = assign(admitted)
        record.assigned(assigned)
        const fitted = fitInputs(assigned)
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
      record.sees(ports.catalog().revision)
      record.fail(error)
    },
  }
}

async function answerWhole(charged: ChargedCall, ports: JourneyPorts, record: OpenRecord): Promise<WholeAnswer> {
  try {
    const { items, usage } = await dispatch(charged, ports, record)
    if (charged.call.signal.aborted) throw new AstraError('cancelled')
    const [only] = items
    if (!charged.call.batch && only && 'error' in only) throw only.error
    const failures = items.flatMap((item) => ('error' in item ? [item.error] : []))
    const [first] = failures
    if (first && charged.call.allOrNothing) throw first
    const answer: WholeAnswer = { ...head(charged), kind: 'whole', items, usage, timing: record.timing() }
    charged.call.tell?.(answer)
    // The caller reads each item's error in a 200; for the Record a batch without a single output failed.
    if (first && failures.length === items.length) record.fail(first, usage)
    else record.succeed(usage, failures.length)
    return answer
  } finally {
    charged.release()
  }
}

/** The first chunk is awaited here, so that a failure before it still has a status of its own. */
async function answerInChunks(charged: ChargedCall, ports: JourneyPorts, record: OpenRecord): Promise<StreamAnswer> {
  const events = recorded(dispatchStream(charged, ports, record), charged, record)
  const first = await events.next()
  // A caller who leaves before the door reads on would leave the generator hanging, and the call without a Record.
  charged.call.signal.addEventListener('abort', () => void events.return(undefined).catch(() => undefined), {
    once: true,
  })
  return { ...head(charged), kind: 'stream', events: prepend(first, events) }
}

async function* recorded(
  events: AsyncGenerator<StreamEvent, void>,
  { release }: ChargedCall,
  record: OpenRecord,
): AsyncGenerator<StreamEvent, void> {
  try {
    for await (const event of events) {
      if (event.type === 'chunk') record.firstChunk()
      else record.succeed(event.usage, 0)
      yield event
    }
  } catch (thrown) {
    const error = toAstraError(thrown)
    record.fail(error)
    throw error
  } finally {
    release()
    record.fail(new AstraError('cancelled', { reason: 'the caller left in mid-stream' }))
  }
}

async function* prepend(
  first: IteratorResult<StreamEvent, void>,
  rest: AsyncGenerator<StreamEvent, void>,
): AsyncGenerator<StreamEvent, void> {
  try {
    if (first.done) return
    yield first.value
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

function head({ call, contract, version }: ChargedCall) {
  return { callId: call.id, model: call.model, major: contract.major, version: version.id, cached: false }
}
