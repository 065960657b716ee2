import type { Call } from '../../../kernel/call.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Observable } from '../../../kernel/observation.ts'
import { unitInterval } from '../../../kernel/unit-interval.ts'

/** However long the contract's own limit is. */
const timeoutMaxMs = 60_000

/**
 * Whether the call is one of the share: by its id, so that it is the same ones whoever looks, and those of a smaller share stay in a larger
 * one. A pinned call is a test of its version, and no traffic.
 */
export function isOfShare({ call, contract, version }: Observable): boolean {
  const { shadow, model, major } = contract
  if (!shadow || shadow.version.id === version.id || call.options.version !== undefined) return false
  return shadow.share >= 1 || unitInterval(`${model}@v${major}/shadow`, call.id) < shadow.share
}

/**
 * The same request to the shadow version: a call of its own, in nobody's cache, under no unit or session, whose reference is the call
 * that it copies.
 */
export function copyOf({ call, contract }: Observable, version: string, clock: Clock, signal: AbortSignal): Call {
  const id = clock.id()
  return {
    ...withoutDoor(call),
    role: 'shadow',
    id,
    // The default major may have become another one.
    major: contract.major,
    receivedAt: clock.now(),
    startedAt: clock.elapsed(),
    options: { version, timeoutMs: timeLimitMs(contract, id), reference: call.id, tags: { purpose: 'shadow' } },
    signal,
  }
}

/**
 * 80 to 100 % of it: copies that began together and hang would else end together, again and again, and those who are served meanwhile would
 * wait for all that work at once.
 */
function timeLimitMs({ limits }: Contract, id: string): number {
  return Math.ceil(Math.min(limits.timeoutMs, timeoutMaxMs) * (0.8 + 0.2 * unitInterval('shadow', id)))
}

/** Its door's form is for the call that is answered already. */
function withoutDoor({ tell: _, ...call }: Call): Omit<Call, 'tell'> {
  return call
}
