import { type AstraError, refusal } from '../../../kernel/errors.ts'
import type { FittedCall } from '../../assign/fit-inputs.ts'
import { timeLeftMs, timeLimitMs } from '../../assign/time-limit.ts'
import { Pace } from './pace.ts'
import { type Held, WaitList } from './wait-list.ts'

/** Why a call did not get a place: none was free to wait at; another took its; its time limit; its caller left. */
export type DropReason = 'full' | 'displaced' | 'timeout' | 'cancelled'

export interface QueuePorts {
  /** Monotonic, ms. */
  readonly elapsed: () => number
  readonly dropped: (model: string, reason: DropReason) => void
}

interface Waiter {
  readonly fitted: FittedCall
  readonly since: number
  /** When its time limit ends. */
  readonly until: number
  readonly timer: NodeJS.Timeout
  readonly leave: () => void
  readonly resolve: (waitedMs: number) => void
  readonly reject: (error: AstraError) => void
}

/**
 * The calls that wait for a place in flight at one version, at most `queueMax` of its contract's: see `WaitList` for their order. Each
 * has one end: a place, or the first of its time limit, its caller's leaving, and a call that goes before it when the queue is full.
 */
export class Queue {
  readonly #ports: QueuePorts
  readonly #list = new WaitList<Waiter>()
  readonly #pace = new Pace()

  constructor(ports: QueuePorts) {
    this.#ports = ports
  }

  get length(): number {
    return this.#list.length
  }

  /** Resolves with how long it waited when it is given a place. Throws when there is no room to wait. */
  wait(fitted: FittedCall): Promise<number> {
    const { call, caller, catalog, contract } = fitted
    if (call.signal.aborted) throw refusal('cancelled')
    const now = this.#ports.elapsed()
    const priority = catalog.consumer(caller.consumer)?.priority ?? 'normal'
    if (this.length === 0) this.#pace.begins(now)
    if (this.length >= (contract.limits.queueMax ?? 0)) {
      const displaced = this.#list.displace(priority, caller.consumer)
      if (!displaced) throw this.#full(fitted, 'full', now)
      this.#drop(displaced, this.#full(displaced.fitted, 'displaced', now))
    }
    const leftMs = timeLeftMs(fitted)
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const giveUp = (error: AstraError, reason: DropReason) => {
      if (!this.#list.remove(held)) return
      this.#ports.dropped(contract.model, reason)
      this.#drop(waiter, error)
    }
    const leave = () => giveUp(refusal('cancelled', { reason: 'the caller left in the queue' }), 'cancelled')
    const timer = setTimeout(() => giveUp(tooLate(fitted), 'timeout'), leftMs)
    const waiter: Waiter = { fitted, since: now, until: now + leftMs, timer, leave, resolve, reject }
    const held: Held<Waiter> = this.#list.push(priority, caller.consumer, waiter)
    call.signal.addEventListener('abort', leave, { once: true })
    return promise
  }

  /** Gives a free place to whose turn it is. False when nobody waits. */
  give(): boolean {
    const now = this.#ports.elapsed()
    for (let waiter = this.#list.take(); waiter; waiter = this.#list.take()) {
      // Its timer is late: a busy process runs timers when it comes to them.
      if (now >= waiter.until) {
        this.#ports.dropped(waiter.fitted.contract.model, 'timeout')
        this.#drop(waiter, tooLate(waiter.fitted))
        continue
      }
      forget(waiter)
      this.#pace.passes(now)
      waiter.resolve(now - waiter.since)
      return true
    }
    return false
  }

  #drop(waiter: Waiter, error: AstraError): void {
    forget(waiter)
    waiter.reject(error)
  }

  #full({ contract, version }: FittedCall, reason: 'full' | 'displaced', now: number): AstraError {
    this.#ports.dropped(contract.model, reason)
    const { inFlightMax, queueMax = 0 } = contract.limits
    const name = `Version ${version.id} of ${contract.model}@v${contract.major}`
    const yielded = reason === 'displaced' ? '; this call made room for one that goes first' : ''
    return refusal('overloaded', {
      detail: `${name} has ${inFlightMax} calls in flight and ${queueMax} waiting, its limits${yielded}`,
      retryAfterMs: this.#pace.waitMs(this.length + 1, now),
    })
  }
}

function forget({ timer, leave, fitted }: Waiter): void {
  clearTimeout(timer)
  fitted.call.signal.removeEventListener('abort', leave)
}

function tooLate({ call, contract }: FittedCall): AstraError {
  return refusal('timeout', {
    detail: `The time limit of ${timeLimitMs(call, contract)} ms ran out while the call waited for a free place`,
    next: 'Repeat when there are fewer calls, or allow more time (Astra-Timeout).',
  })
}
