import type { Clock } from '../../../kernel/clock.ts'
import type { CapturePolicy } from '../../../kernel/contract-policies.ts'
import type { MissReason, Observable, Observation, Observer } from '../../../kernel/observation.ts'
import { isAmong, type PayloadStore, type PayloadsOf } from '../../../kernel/payload.ts'
import { unitInterval } from '../../../kernel/unit-interval.ts'
import { bounded, inputsBytesMax } from '../said.ts'
import { weigh } from '../weigh.ts'
import { CaptureTally } from './capture-tally.ts'
import { Outbox } from './outbox.ts'
import { nameOf, payloadOf } from './payload-of.ts'

/** Calls whose payload was not read yet: so many, of so many bytes. */
const waitingMax = 1000
const waitingBytesMax = 16 * 1024 * 1024
/** It works for about so long at once, and then leaves the thread to calls for several times as long as that took. */
const sliceMs = 2
const restFactor = 4

export interface CapturePorts {
  readonly clock: Clock
  readonly store: Pick<PayloadStore, 'put'>
  /** Records wait for the same writer: while it is behind with them, payloads wait here. */
  readonly behind: () => boolean
  /** Runs work in a turn of its own, after so many ms. */
  readonly later: (work: () => void, ms: number) => void
  /** A payload could not be read by a fault of the gateway's own, and is not kept. */
  readonly faulted: (thrown: unknown) => void
}

interface Waiting {
  readonly seen: Observation
  readonly policy: CapturePolicy
  readonly bytes: number
}

/**
 * Keeps what a share of the calls asked and was answered, redacted before it goes to the store. It takes at most a fifth of the thread's time
 * and a bounded part of its memory: what is beyond is dropped and counted, and no call waits.
 */
export class Capture implements Observer {
  readonly #ports: CapturePorts
  readonly #tally = new CaptureTally()
  readonly #outbox: Outbox
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #restUntil = Number.NEGATIVE_INFINITY
  #scheduled = false

  constructor(ports: CapturePorts) {
    this.#ports = ports
    this.#outbox = new Outbox(ports.store, this.#tally)
  }

  get tally(): Pick<CaptureTally, 'kept' | 'drops'> {
    return this.#tally
  }

  /** By the call's id, so that it is the same ones whoever looks, and those of a smaller share stay in a larger one. */
  concerns({ call, contract: { model, major, capture } }: Observable): boolean {
    if (!capture) return false
    return capture.share >= 1 || unitInterval(`${model}@v${major}/capture`, call.id) < capture.share
  }

  missed({ contract }: Observable, why: MissReason): void {
    this.#tally.dropped(contract, why)
  }

  observed(seen: Observation): void {
    const { contract } = seen
    const policy = contract.capture
    if (!policy) return
    const bytes = bytesOf(seen)
    if (bytes === undefined) this.#tally.dropped(contract, 'too-large')
    else if (this.#waiting.length >= waitingMax || this.#waitingBytes + bytes > waitingBytesMax) {
      this.#tally.dropped(contract, 'full')
    } else {
      this.#waiting.push({ seen, policy, bytes })
      this.#waitingBytes += bytes
      this.#schedule()
    }
  }

  /** What is read goes to the store; it never rejects. */
  async flush(): Promise<void> {
    if (!this.#ports.behind()) await this.#outbox.send()
  }

  /** Lets go of what is among them and not in the store yet. Resolves, when none of it comes there any more, with how many they were. */
  async forget(of: PayloadsOf): Promise<number> {
    const kept = this.#waiting.filter(({ seen }) => !isAmong(nameOf(seen), of))
    const unread = this.#waiting.length - kept.length
    this.#waiting = kept
    this.#waitingBytes = kept.reduce((sum, { bytes }) => sum + bytes, 0)
    return unread + (await this.#outbox.forget(of))
  }

  /** Reads and writes what is left. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0) this.#readOne()
    // The first may have been under way.
    await this.#outbox.send()
    await this.#outbox.send()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#ports.later(() => this.#work(), Math.max(0, this.#restUntil - this.#ports.clock.elapsed()))
  }

  #work(): void {
    this.#scheduled = false
    const { elapsed } = this.#ports.clock
    const begun = elapsed()
    while (this.#waiting.length > 0 && elapsed() - begun < sliceMs) this.#readOne()
    const ended = elapsed()
    this.#restUntil = ended + restFactor * (ended - begun)
    if (this.#waiting.length > 0) this.#schedule()
  }

  #readOne(): void {
    const waiting = this.#waiting.shift()
    if (!waiting) return
    this.#waitingBytes -= waiting.bytes
    try {
      const payload = payloadOf(waiting.seen, waiting.policy)
      if (typeof payload === 'string') this.#tally.dropped(waiting.seen.contract, payload)
      else this.#outbox.add(payload)
    } catch (thrown) {
      this.#ports.faulted(thrown)
    }
  }
}

/** About how much memory it holds until it is read; undefined where that is too much to be kept. */
function bytesOf({ call, said }: Observation): number | undefined {
  const within = bounded(said)
  if (within.form === 'none' && within.why === 'too-large') return undefined
  // Its bytes, and about as much for what was parsed of them.
  const input = call.wire ? 2 * call.wire.bytes.length : weigh(call.inputs, inputsBytesMax)
  return input > inputsBytesMax ? undefined : input + saidBytes(within)
}

function saidBytes(said: Observation['said']): number {
  if (said.form === 'none') return 0
  if (said.form === 'text') return 2 * said.text.length
  // As of what was asked: another observer may have read it already.
  return said.form === 'relayed' ? 2 * said.bytes.length : weigh(said.items, inputsBytesMax)
}
