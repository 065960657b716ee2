import { type Version, versionKey } from '../../kernel/catalog.ts'
import { type AstraError, refusal } from '../../kernel/errors.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { afterWait } from '../assign/time-limit.ts'
import { type DropReason, Queue, type QueuePorts } from './queue/queue.ts'

/** A call that holds a place among those in flight. Only `place` makes one. */
export interface ChargedCall extends FittedCall {
  /** Gives the place back, once. */
  release(): void
  /** A place at another version, which the call falls back on; gives what releases it. Undefined when none is free: it never waits. */
  place(version: Version): (() => void) | undefined
}

export interface InFlight {
  /**
   * A place at the call's version, at once where one is free and nobody waits for it; a promise where it has to be waited for, which
   * rejects when the call gives up. Throws `overloaded` where there is none to wait for.
   */
  place(fitted: FittedCall): ChargedCall | Promise<ChargedCall>
  /** Calls that wait, by model; models where none does are left out. */
  waiting(): ReadonlyMap<string, number>
  /** Calls that got no place since the start, by model and reason. */
  dropped(): readonly { readonly model: string; readonly reason: DropReason; readonly calls: number }[]
}

/** Of one version, while calls are in flight or wait. */
interface Gate {
  readonly key: string
  readonly model: string
  /** As the newest call found it: the catalog may have changed since. */
  max: number
  inFlight: number
  queue: Queue | undefined
}

/**
 * Bounds the calls in flight per version in this gateway. Past the contract's limit a call waits, where the contract has a queue, else
 * it is refused at once.
 */
export function createInFlight({ elapsed }: Pick<QueuePorts, 'elapsed'>): InFlight {
  const gates = new Map<string, Gate>()
  const drops = new Map<string, { model: string; reason: DropReason; calls: number }>()
  const dropped = (model: string, reason: DropReason) => {
    const key = `${model} ${reason}`
    const known = drops.get(key)
    if (known) known.calls++
    else drops.set(key, { model, reason, calls: 1 })
  }

  /** To as many as fit: a limit may have been raised. */
  const give = (gate: Gate) => {
    while (gate.inFlight < gate.max && gate.queue?.give()) gate.inFlight++
  }
  const gateOf = ({ contract, id }: Version): Gate => {
    const key = versionKey(contract.model, contract.major, id)
    const max = contract.limits.inFlightMax
    const known = gates.get(key)
    if (known) {
      if (known.max !== max) {
        known.max = max
        give(known)
      }
      return known
    }
    const gate = { key, model: contract.model, max, inFlight: 0, queue: undefined }
    gates.set(key, gate)
    return gate
  }
  /** Who waits goes first. */
  const isFree = ({ inFlight, max, queue }: Gate) => inFlight < max && !queue?.length
  const hold = (gate: Gate): (() => void) => {
    let held = true
    return () => {
      if (!held) return
      held = false
      gate.inFlight--
      if (gate.queue) give(gate)
      if (gate.inFlight === 0 && !gate.queue?.length) gates.delete(gate.key)
    }
  }
  const place = (version: Version) => {
    const gate = gateOf(version)
    if (!isFree(gate)) return undefined
    gate.inFlight++
    return hold(gate)
  }
  const held = async (gate: Gate, fitted: FittedCall, waiting: Promise<number>): Promise<ChargedCall> => {
    const waitedMs = await waiting
    return { ...afterWait(fitted, waitedMs), release: hold(gate), place }
  }

  return {
    place(fitted) {
      const { call, contract, version } = fitted
      // Whoever copies bounds its copies, and they take no place of those that are served.
      if (call.role !== undefined) return { ...fitted, release: nothing, place: () => undefined }
      const gate = gateOf(version)
      if (isFree(gate)) {
        gate.inFlight++
        return { ...fitted, release: hold(gate), place }
      }
      if (!contract.limits.queueMax) throw overloaded(fitted)
      gate.queue ??= new Queue({ elapsed, dropped })
      return held(gate, fitted, gate.queue.wait(fitted))
    },
    waiting() {
      const models = new Map<string, number>()
      for (const { model, queue } of gates.values()) {
        if (queue?.length) models.set(model, (models.get(model) ?? 0) + queue.length)
      }
      return models
    },
    dropped: () => [...drops.values()],
  }
}

function nothing(): void {}

function overloaded({ contract, version }: FittedCall): AstraError {
  return refusal('overloaded', {
    detail: `Version ${version.id} of ${contract.model}@v${contract.major} has ${contract.limits.inFlightMax} calls in flight, its limit`,
    retryAfterMs: 1000,
  })
}
