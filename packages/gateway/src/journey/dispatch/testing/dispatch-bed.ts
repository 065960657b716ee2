import type { StreamEvent } from '../../../kernel/answer.ts'
import type { Backend, BackendEvent, Prediction } from '../../../kernel/backend.ts'
import type { Call } from '../../../kernel/call.ts'
import { type Version, versionKey } from '../../../kernel/catalog.ts'
import { type AstraError, toAstraError } from '../../../kernel/errors.ts'
import type { Attempt } from '../../../kernel/record.ts'
import type { HealthFault } from '../../../kernel/replicas.ts'
import { permit } from '../../admit/permit.ts'
import { assign } from '../../assign/assign.ts'
import { fitInputs } from '../../assign/fit-inputs.ts'
import { createCharge } from '../../charge/in-flight.ts'
import { testCall, testCaller, testCatalog } from '../../testing/fixtures.ts'
import { dispatch, dispatchStream } from '../dispatch.ts'
import { createFleet } from '../replicas/fleet.ts'
import { fakeClock } from './fake-clock.ts'
import { seededRandom } from './seeded-random.ts'

export interface Script {
  readonly replicas?: readonly string[]
  readonly repeatable?: boolean
  predict?(replica: string, signal: AbortSignal, callId: string): Promise<Partial<Prediction>>
  stream?(replica: string, signal: AbortSignal, callId: string): AsyncIterable<BackendEvent>
}

export interface Outcome {
  readonly error: AstraError | undefined
  readonly attempts: readonly Attempt[]
  /** Streams: what the caller got. */
  readonly events: readonly StreamEvent[]
}

export const key = versionKey('spam', 1, '1.0')
export const noAnswer: HealthFault = { reason: 'no answer', silent: true }
export const answer: Partial<Prediction> = { items: [{ output: { text: 'x' } }] }

/** Dispatch and its fleet over one scripted backend, with a clock that stands still until it is told. */
export function openBed({ replicas = ['a'], repeatable = true, predict, stream }: Script, seed = 1) {
  const clock = fakeClock()
  const fleet = createFleet({ clock, random: seededRandom(seed) })
  const backend: Backend = {
    name: 'fake',
    settings: {},
    remote: true,
    repeatable,
    withDefaults: (settings) => settings,
    inspect: async () => ({ digest: undefined }),
    predict: async (_version, replica, _inputs, { signal, callId }) => ({
      items: [],
      ...answer,
      ...(await predict?.(replica, signal, callId)),
    }),
    stream: (_version, replica, _input, { signal, callId }) => stream?.(replica, signal, callId) ?? nothing(),
    close: async () => undefined,
  }
  const limits = { bodyBytesMax: 1000, itemsMax: 1, timeoutMs: 60_000, inFlightMax: 1000 }
  const catalog = testCatalog({ '1.0': 1 }, { versions: { '1.0': { replicas } }, contract: { limits, streams: true } })
  const version = catalog.model('spam')?.contracts.get(1)?.versions.get('1.0') as Version
  const charge = createCharge()
  const ports = { clock, fleet, backends: new Map([['fake', backend]]) }

  const run = async (over: Partial<Call>, onEvent?: () => void): Promise<Outcome> => {
    const attempts: Attempt[] = []
    const events: StreamEvent[] = []
    const progress = { attempt: (attempt: Attempt) => void attempts.push(attempt), upstreamQueue: () => undefined }
    const charged = charge(
      fitInputs(assign(permit(testCall({ startedAt: clock.elapsed(), ...over }), testCaller(), catalog))),
    )
    try {
      if (!charged.call.stream) await dispatch(charged, ports, progress)
      else {
        for await (const event of dispatchStream(charged, ports, progress)) {
          events.push(event)
          onEvent?.()
        }
      }
      return { error: undefined, attempts, events }
    } catch (thrown) {
      return { error: toAstraError(thrown), attempts, events }
    } finally {
      charged.release()
    }
  }
  const status = (address: string) => {
    const found = fleet.status(key).find((one) => one.address === address)
    if (!found) throw new Error(`no replica ${address}`)
    return found
  }
  return {
    clock,
    fleet,
    version,
    status,
    members: (...addresses: readonly string[]) =>
      fleet.setMembers(
        key,
        addresses.map((address) => ({ backend: 'fake', address, source: address })),
      ),
    whole: (over: Partial<Call> = {}) => run(over),
    streamed: (over: Partial<Call> = {}, onEvent?: () => void) => run({ stream: true, ...over }, onEvent),
  }
}

async function* nothing(): AsyncGenerator<BackendEvent> {}

/** Settles only when it is aborted, with the signal's reason. */
export function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
