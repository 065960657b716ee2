import type { Answer } from '../../../kernel/answer.ts'
import type { Call } from '../../../kernel/call.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { type ErrorCode, toAstraError } from '../../../kernel/errors.ts'
import type { CallRecord } from '../../../kernel/record.ts'
import type { FittedCall } from '../../assign/fit-inputs.ts'
import { copier, copyOf, type Serve } from './copy.ts'
import { HeardStream } from './heard-stream.ts'
import { type Said, saidBy } from './said.ts'

/** What became of a copy. */
export interface Asked {
  /** Undefined where it was not answered. */
  readonly said: Said | undefined
  /** Undefined where it never began. */
  readonly record: CallRecord | undefined
}

/** What refuses a call before it has a Record. */
const neverBegan: ReadonlySet<ErrorCode> = new Set(['stopping', 'accounting_unavailable'])

/** Copies in flight: each ends with its Record. */
export class Copies {
  readonly #clock: Clock
  /** Who waits for the Record of a copy, by its id. */
  readonly #waiting = new Map<string, (record: CallRecord) => void>()
  readonly #running = new Set<AbortController>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async ask(fitted: FittedCall, version: string, serve: Serve): Promise<Asked> {
    const controller = new AbortController()
    const call = copyOf(fitted, version, this.#clock, controller.signal)
    const kept = Promise.withResolvers<CallRecord | undefined>()
    this.#running.add(controller)
    this.#waiting.set(call.id, kept.resolve)
    let said: Said | undefined
    try {
      said = await hear(await serve(call, copier), call)
    } catch (thrown) {
      if (neverBegan.has(toAstraError(thrown).code)) kept.resolve(undefined)
    }
    // Where tokens are still counted it comes later than the answer.
    const record = await kept.promise
    this.#waiting.delete(call.id)
    this.#running.delete(controller)
    return { said, record }
  }

  kept(record: CallRecord): void {
    if (this.#waiting.size > 0) this.#waiting.get(record.id)?.(record)
  }

  /** Ends all of them. */
  abort(): void {
    for (const controller of this.#running) controller.abort()
  }
}

/** To its end, however long it is: a stream that is left has a Record that tells less. */
async function hear(answer: Answer, call: Call): Promise<Said | undefined> {
  if (answer.kind === 'whole') return saidBy(answer, call)
  let said: Said | undefined
  const heard = new HeardStream(answer.events, (all) => {
    said = all
  })
  for await (const _ of heard);
  return said
}
