import type { Item, StreamEvent, Usage } from '../../kernel/answer.ts'
import type { Backend, Prediction } from '../../kernel/backend.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Attempt } from '../../kernel/record.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { Attempts } from './attempts.ts'
import { checkChunk, checkItems } from './check-output.ts'
import { startDeadline } from './deadline.ts'
import type { Fleet } from './replicas/fleet.ts'

export interface DispatchPorts {
  readonly clock: Clock
  readonly backends: ReadonlyMap<string, Backend>
  readonly fleet: Fleet
}

/** What dispatch tells the Record while it works. */
export interface Progress {
  attempt(attempt: Attempt): void
  /** The wait in the upstream's own queue, ms. */
  upstreamQueue(ms: number): void
}

export interface Dispatched {
  readonly items: readonly Item[]
  readonly usage: Usage
}

/** To a Replica: the inputs go out under one time limit; another replica is tried as `mayRetry` says. */
export async function dispatch(charged: ChargedCall, ports: DispatchPorts, progress: Progress): Promise<Dispatched> {
  if (charged.inputs.length === 0) return { items: inPlace(charged, []), usage: { items: charged.call.inputs.length } }
  const backend = backendOf(charged, ports)
  const deadline = startDeadline(charged.call.signal, timeLimit(charged))
  try {
    const prediction = await predict(charged, backend, new Attempts(charged, backend, deadline, ports, progress))
    if (prediction.queueMs !== undefined) progress.upstreamQueue(prediction.queueMs)
    const items = inPlace(charged, checkItems(charged.contract, prediction.items, charged.inputs.length))
    return { items, usage: { items: items.length, ...prediction.usage } }
  } finally {
    deadline.clear()
  }
}

async function predict(charged: ChargedCall, backend: Backend, attempts: Attempts): Promise<Prediction> {
  for (;;) {
    const attempt = attempts.begin()
    try {
      const { address } = attempt.member.endpoint
      const prediction = await backend.predict(charged.version, address, charged.inputs, attempts.context(attempt))
      attempts.answered(attempt, prediction.waiting)
      return prediction
    } catch (thrown) {
      attempts.failed(attempt, thrown)
    }
  }
}

/** The same for a stream: attempts may follow one another until the first chunk is out, none after it. */
export async function* dispatchStream(
  charged: ChargedCall,
  ports: DispatchPorts,
  progress: Progress,
): AsyncGenerator<StreamEvent, void> {
  const backend = backendOf(charged, ports)
  if (!backend.stream) throw new AstraError('internal', { reason: `backend ${backend.name} cannot stream` })
  const deadline = startDeadline(charged.call.signal, timeLimit(charged))
  try {
    const attempts = new Attempts(charged, backend, deadline, ports, progress)
    for (;;) {
      const attempt = attempts.begin()
      const { signal } = attempt.controller
      let usage: Omit<Usage, 'items'> = {}
      try {
        const { address } = attempt.member.endpoint
        const events = backend.stream(charged.version, address, charged.inputs[0], attempts.context(attempt))
        for await (const event of events) {
          if (signal.aborted) throw signal.reason
          if (event.type === 'usage') usage = event.usage
          else {
            checkChunk(charged.contract, event.chunk)
            attempts.chunk(attempt)
            yield { type: 'chunk', chunk: event.chunk }
          }
        }
        attempts.answered(attempt)
        yield { type: 'answer-end', usage: { items: 1, ...usage } }
        return
      } catch (thrown) {
        attempts.failed(attempt, thrown)
      } finally {
        // A reader who leaves ends the generator at its `yield`, past the catch.
        attempts.left(attempt)
      }
    }
  } finally {
    deadline.clear()
  }
}

function backendOf({ version }: ChargedCall, { backends }: DispatchPorts): Backend {
  const backend = backends.get(version.state.backend)
  if (!backend) throw new AstraError('internal', { reason: `no backend named ${version.state.backend}` })
  return backend
}

/** A caller may shorten the contract's time limit, not stretch it. */
function timeLimit({ call, contract }: ChargedCall): number {
  const { timeoutMs } = contract.limits
  return Math.min(call.options.timeoutMs ?? timeoutMs, timeoutMs)
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
