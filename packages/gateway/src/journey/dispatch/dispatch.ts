import type { Item, StreamEvent, Usage } from '../../kernel/answer.ts'
import type { AttemptContext, Backend, Prediction } from '../../kernel/backend.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, operatorReason, toAstraError } from '../../kernel/errors.ts'
import type { Attempt } from '../../kernel/record.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { checkChunk, checkItems } from './check-output.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import type { Balancer } from './replicas.ts'

export interface DispatchPorts {
  readonly clock: Clock
  readonly backends: ReadonlyMap<string, Backend>
  readonly balancer: Balancer
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

/** To a Replica: the inputs go out under one time limit; another replica is tried only where surely nothing ran. */
export async function dispatch(charged: ChargedCall, ports: DispatchPorts, progress: Progress): Promise<Dispatched> {
  if (charged.inputs.length === 0) return { items: inPlace(charged, []), usage: { items: charged.call.inputs.length } }
  const deadline = startDeadline(charged.call.signal, timeLimit(charged))
  try {
    const prediction = await overReplicas(charged, ports, progress, deadline)
    if (prediction.queueMs !== undefined) progress.upstreamQueue(prediction.queueMs)
    const items = inPlace(charged, checkItems(charged.contract, prediction.items, charged.inputs.length))
    return { items, usage: { items: items.length, ...prediction.usage } }
  } finally {
    deadline.clear()
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
  const context = attemptContext(charged, deadline)
  const tried = new Set<string>()
  try {
    for (;;) {
      const attempt = begin(charged, ports, tried)
      let started = false
      let ended = false
      const end = (error?: AstraError) => {
        ended = true
        progress.attempt(attempt.end(error))
      }
      let usage: Omit<Usage, 'items'> = {}
      try {
        for await (const event of backend.stream(charged.version, attempt.replica, charged.inputs[0], context)) {
          if (deadline.signal.aborted) throw deadline.signal.reason
          if (event.type === 'usage') usage = event.usage
          else {
            checkChunk(charged.contract, event.chunk)
            started = true
            yield { type: 'chunk', chunk: event.chunk }
          }
        }
        end()
        yield { type: 'answer-end', usage: { items: 1, ...usage } }
        return
      } catch (thrown) {
        const error = toAstraError(thrown)
        end(error)
        if (started || error.code !== 'upstream_unavailable' || !ports.balancer.pick(charged.version, tried))
          throw error
      } finally {
        // A reader who leaves ends the generator at its `yield`, past the catch.
        if (!ended) end(new AstraError('cancelled', { reason: 'the caller left in mid-stream' }))
        attempt.leave()
      }
    }
  } finally {
    deadline.clear()
  }
}

async function overReplicas(
  charged: ChargedCall,
  ports: DispatchPorts,
  progress: Progress,
  deadline: Deadline,
): Promise<Prediction> {
  const backend = backendOf(charged, ports)
  const context = attemptContext(charged, deadline)
  const tried = new Set<string>()
  for (;;) {
    const attempt = begin(charged, ports, tried)
    try {
      const prediction = await backend.predict(charged.version, attempt.replica, charged.inputs, context)
      progress.attempt(attempt.end(undefined))
      return prediction
    } catch (thrown) {
      const error = toAstraError(thrown)
      progress.attempt(attempt.end(error))
      if (error.code !== 'upstream_unavailable' || !ports.balancer.pick(charged.version, tried)) throw error
    } finally {
      attempt.leave()
    }
  }
}

interface OpenAttempt {
  readonly replica: string
  end(error: AstraError | undefined): Attempt
  leave(): void
}

function begin({ call, version }: ChargedCall, { clock, balancer }: DispatchPorts, tried: Set<string>): OpenAttempt {
  const replica = balancer.pick(version, tried)
  if (replica === undefined) throw new AstraError('upstream_unavailable', { reason: 'no replica is left to try' })
  const role = tried.size === 0 ? 'serve' : 'retry'
  tried.add(replica)
  balancer.begin(replica)
  const startedAt = clock.elapsed()
  return {
    replica,
    leave: () => balancer.end(replica),
    end: (error) => ({
      role,
      version: version.id,
      replica,
      atMs: startedAt - call.startedAt,
      durationMs: clock.elapsed() - startedAt,
      code: error?.code,
      reason: error && operatorReason(error),
    }),
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

/** The span id is the random half of the call's id, so that a trace leads to the Record and back. */
function attemptContext({ call }: ChargedCall, { signal }: Deadline): AttemptContext {
  const span = call.id.slice(19).replace('-', '')
  const traceparent = `00-${call.trace.traceId}-${span}-0${call.trace.sampled ? 1 : 0}`
  return { signal, callId: call.id, traceparent, tracestate: call.trace.tracestate }
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
