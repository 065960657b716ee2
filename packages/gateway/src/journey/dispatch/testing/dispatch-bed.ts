import type { StreamEvent, Usage } from '../../../kernel/answer.ts'
import type { AttemptSignal } from '../../../kernel/attempt-signal.ts'
import type { Backend, BackendEvent, Prediction, Relay } from '../../../kernel/backend.ts'
import type { Call } from '../../../kernel/call.ts'
import { type Version, versionKey } from '../../../kernel/catalog.ts'
import type { ContractState, VersionState } from '../../../kernel/catalog-state.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { toResult } from '../../../kernel/readable.ts'
import type { Attempt, AttemptUsage } from '../../../kernel/record.ts'
import type { HealthFault } from '../../../kernel/replicas.ts'
import { permit } from '../../admit/permit.ts'
import { assign } from '../../assign/assign.ts'
import { fitInputs } from '../../assign/fit-inputs.ts'
import { createInFlight } from '../../charge/in-flight.ts'
import { testCall, testCaller, testCatalog } from '../../testing/fixtures.ts'
import { type Dispatched, dispatch, dispatchStream } from '../dispatch.ts'
import { createHedgeBudget } from '../hedge-budget.ts'
import { createFleet } from '../replicas/fleet.ts'
import { fakeClock } from './fake-clock.ts'
import { seededRandom } from './seeded-random.ts'

export interface Script {
  readonly replicas?: readonly string[]
  /** Versions besides 1.0, by id. */
  readonly versions?: Readonly<Record<string, Partial<VersionState>>>
  readonly contract?: Partial<ContractState>
  readonly repeatable?: boolean
  /** Relays where its version's settings say `relays`. */
  readonly relay?: Omit<Relay, 'speaks'>
  readonly upstreamModel?: Backend['upstreamModel']
  predict?(replica: string, signal: AttemptSignal, callId: string): Promise<Partial<Prediction>>
  stream?(replica: string, signal: AttemptSignal, callId: string): AsyncIterable<BackendEvent>
}

interface EndedAttempt extends AttemptUsage {
  readonly attempt: Attempt
}

export interface Outcome {
  readonly error: AstraError | undefined
  readonly attempts: readonly Attempt[]
  /** The version that answered. */
  readonly version: string | undefined
  readonly whole: Dispatched | undefined
  /** Streams: what the caller got. */
  readonly events: readonly StreamEvent[]
  /** What each attempt had used up, in the order of their ends. */
  readonly used: readonly EndedAttempt[]
  /** Of these that of the attempt that answered, or ended last. */
  readonly spent: Usage | undefined
}

export const key = versionKey('spam', 1, '1.0')
export const noAnswer: HealthFault = { reason: 'no answer', silent: true }
export const answer: Partial<Prediction> = { items: [{ output: { text: 'x' } }] }
const relays = { speaks: (version: Version) => version.state.settings.relays === true }
/** One token a character. */
const counter = { count: (_text: string, length = _text.length) => length }

/** Dispatch and its fleet over one scripted backend, with a clock that stands still until it is told. */
export function openBed(script: Script, seed = 1) {
  const { replicas = ['a'], repeatable = true, predict, stream } = script
  const clock = fakeClock()
  const fleet = createFleet({ clock, random: seededRandom(seed) })
  const backend: Backend = {
    name: 'fake',
    settings: {},
    addresses: () => ['embedded'],
    repeatable,
    withDefaults: (settings) => settings,
    inspect: async () => ({ digest: undefined }),
    predict: async (_version, replica, _inputs, { signal, callId }) => ({
      items: [],
      ...answer,
      ...(await predict?.(replica, signal, callId)),
    }),
    stream: (_version, replica, _input, { signal, callId }) => stream?.(replica, signal, callId) ?? nothing(),
    ...(script.relay ? { relay: { ...script.relay, ...relays } } : {}),
    ...(script.upstreamModel ? { upstreamModel: script.upstreamModel } : {}),
    close: async () => undefined,
  }
  const limits = {
    bodyBytesMax: 1000,
    itemsMax: 2,
    timeoutMs: 60_000,
    firstByteMs: 60_000,
    idleMs: 60_000,
    inFlightMax: 1000,
  }
  const catalog = testCatalog(
    { '1.0': 1 },
    {
      versions: { '1.0': { replicas }, ...script.versions },
      contract: { limits, streams: true, ...script.contract },
    },
  )
  const version = catalog.model('spam')?.contracts.get(1)?.versions.get('1.0') as Version
  const inFlight = createInFlight(clock)
  const ports = { clock, fleet, counter, hedges: createHedgeBudget(), backends: new Map([['fake', backend]]) }

  const run = async (over: Partial<Call>, onEvent?: (event: StreamEvent) => void | Promise<void>): Promise<Outcome> => {
    const attempts: Attempt[] = []
    const events: StreamEvent[] = []
    let served: string | undefined
    let whole: Dispatched | undefined
    const used: EndedAttempt[] = []
    const progress = {
      attempt: (attempt: Attempt, own: AttemptUsage) => {
        attempts.push(attempt)
        used.push({ attempt, ...own })
      },
      upstreamQueue: () => undefined,
    }
    const outcome = async (error: AstraError | undefined): Promise<Outcome> => {
      const spent = await (used.find(({ attempt }) => attempt.code === undefined) ?? used.at(-1))?.usage
      return { error, attempts, version: served, whole, events, used, spent }
    }
    const admitted = permit(testCall({ startedAt: clock.elapsed(), ...over }), testCaller(), catalog)
    const fitted = fitInputs(assign(admitted), (asked) => script.relay !== undefined && relays.speaks(asked))
    const place = inFlight.place(fitted)
    // A turn of its own would change the order of what tests watch.
    const charged = place instanceof Promise ? await place : place
    try {
      if (!charged.call.stream) {
        whole = await dispatch(charged, ports, progress)
        served = whole.version.id
      } else {
        const begun = await dispatchStream(charged, ports, progress)
        served = begun.version.id
        const { signal } = charged.call
        const leave = () => void begun.leave(new AstraError('cancelled'))
        if (signal.aborted) leave()
        else signal.addEventListener('abort', leave, { once: true })
        try {
          for (
            let event: StreamEvent | undefined = begun.first;
            event;
            event = (await begun.read<IteratorResult<StreamEvent, undefined>>(toResult)).value
          ) {
            events.push(event)
            await onEvent?.(event)
          }
        } finally {
          await begun.leave(new AstraError('cancelled', { reason: 'the test read enough' }))
          begun.close()
        }
      }
      return await outcome(undefined)
    } catch (thrown) {
      return await outcome(toAstraError(thrown))
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
    streamed: (over: Partial<Call> = {}, onEvent?: (event: StreamEvent) => void | Promise<void>) =>
      run({ stream: true, ...over }, onEvent),
  }
}

async function* nothing(): AsyncGenerator<BackendEvent> {}

/** Settles only when it is aborted, with the signal's reason. */
export function hang(signal: AttemptSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
