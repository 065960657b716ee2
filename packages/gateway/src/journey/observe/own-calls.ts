import type { Answer } from '../../kernel/answer.ts'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, toAstraError } from '../../kernel/errors.ts'
import { internalCaller } from '../../kernel/internal-consumers.ts'
import type { Said } from '../../kernel/observation.ts'
import type { AskOwn, OwnCall, OwnRole } from '../../kernel/own-call.ts'
import type { CallRecord } from '../../kernel/record.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import { HeardStream } from './heard-stream.ts'
import { saidBy } from './said.ts'

/** As `Journey.settle`, which rejects where no call may begin. */
export type Settle = (call: Call, caller: Caller, catalog?: Catalog) => Promise<Answer | AstraError>

/** A call to be made. */
export interface Asking {
  /** Its consumer is "astra-<role>". */
  readonly role: OwnRole
  /** It ends when the signal is aborted. */
  readonly make: (signal: AbortSignal) => Call
  /** Aborted when its asker leaves. */
  readonly left?: AbortSignal
  /** Left out: the active one. */
  readonly catalog?: Catalog | undefined
  /** Of its contract, where it may be streamed. */
  readonly task?: TaskName
}

/** What became of a call. */
export interface Asked {
  readonly said: Said | AstraError
  /** Undefined where it never began: the gateway is stopping, or behind with accounting. */
  readonly record: CallRecord | undefined
}

/**
 * Calls that the gateway makes on its own account, each through the whole journey. They end with their Records, and all of them when the
 * gateway stops. How many there are at once is for whoever asks to bound.
 */
export class OwnCalls {
  readonly #clock: Clock
  readonly #settle: Settle
  /** Who waits for the Record of a call, by its id. */
  readonly #waiting = new Map<string, (record: CallRecord) => void>()
  readonly #running = new Set<AbortController>()
  #stopped = false

  constructor(clock: Clock, settle: Settle) {
    this.#clock = clock
    this.#settle = settle
  }

  /** Never rejects. */
  async run({ role, make, left, catalog, task }: Asking): Promise<Asked> {
    if (left?.aborted) return neverBegan(new AstraError('cancelled'))
    if (this.#stopped) return neverBegan(new AstraError('stopping'))
    const controller = new AbortController()
    const call = make(controller.signal)
    const leave = () => controller.abort()
    left?.addEventListener('abort', leave, { once: true })
    const kept = Promise.withResolvers<CallRecord>()
    this.#running.add(controller)
    this.#waiting.set(call.id, kept.resolve)
    try {
      const answer = await this.#settle(call, internalCaller(`astra-${role}`), catalog)
      const said = answer instanceof AstraError ? answer : await hear(answer, call, task).catch(toAstraError)
      // Where tokens are still counted it comes later than the answer.
      return { said, record: await kept.promise }
    } catch (thrown) {
      return neverBegan(toAstraError(thrown))
    } finally {
      this.#waiting.delete(call.id)
      this.#running.delete(controller)
      left?.removeEventListener('abort', leave)
    }
  }

  readonly ask: AskOwn = async (own) => {
    const { role, signal: left, catalog } = own
    const make = (signal: AbortSignal) => callOf(own, this.#clock, signal)
    const { said, record } = await this.run({ role, make, left, catalog })
    if (said instanceof AstraError) return { item: { error: said }, record }
    const [item] = said.form === 'items' ? said.items : []
    return { item: item ?? { error: new AstraError('internal', { reason: 'a whole answer has an item' }) }, record }
  }

  kept(record: CallRecord): void {
    if (this.#waiting.size > 0) this.#waiting.get(record.id)?.(record)
  }

  /** None begins any more, and those in flight end. */
  stop(): void {
    this.#stopped = true
    for (const controller of this.#running) controller.abort()
  }
}

function neverBegan(said: AstraError): Asked {
  return { said, record: undefined }
}

function callOf(own: OwnCall, clock: Clock, signal: AbortSignal): Call {
  const id = clock.id()
  const { model, major, input, role, version, timeoutMs, reference } = own
  return {
    ...{ id, model, major, role, signal },
    door: 'native',
    inputs: [input],
    batch: false,
    stream: false,
    options: { ...(version === undefined ? {} : { version }), timeoutMs, reference, tags: { purpose: role } },
    receivedAt: clock.now(),
    startedAt: clock.elapsed(),
    trace: { traceId: id.replaceAll('-', ''), sampled: false, tracestate: undefined },
  }
}

/** To its end, however long it is: a stream that is left has a Record that tells less. */
async function hear(answer: Answer, call: Call, task: TaskName | undefined): Promise<Said> {
  if (answer.kind === 'whole') return saidBy(answer, call)
  let said: Said = { form: 'none', why: 'form' }
  const heard = new HeardStream(answer.events, task, (all) => {
    if (all) said = all
  })
  for await (const _ of heard);
  return said
}
