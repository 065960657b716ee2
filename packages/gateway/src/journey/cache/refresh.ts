import type { Answer } from '../../kernel/answer.ts'
import type { Call } from '../../kernel/call.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import type { Place } from './joining.ts'
import type { Visit } from './visit.ts'

/** At once, of all contracts together: what is stale goes on being answered, and the next call asks. */
const refreshesMax = 64
/** Until a key is asked for again, ms. */
const pauseMs = 5000
/** Keys in a pause; of more, the oldest are forgotten. */
const pausesMax = 10_000

/**
 * Asks anew for what went out stale, once at a time for each answer. It is a call like any other of the consumer whose call met the
 * stale answer: with an id, limits, a cost and a Record of its own, which has the tag `refresh`.
 */
export function createRefreshes(clock: Clock) {
  const running = new Set<string>()
  /** When it is over, monotonic ms. */
  const pauses = new Map<string, number>()

  const pause = (key: string, ms: number) => {
    pauses.delete(key)
    pauses.set(key, clock.elapsed() + ms)
    for (const [oldest, until] of pauses) {
      if (pauses.size <= pausesMax && until > clock.elapsed()) break
      pauses.delete(oldest)
    }
  }

  return {
    begin({ call, caller, version }: FittedCall, { serve }: Visit, { key, policy }: Place): void {
      if (running.has(key) || running.size >= refreshesMax || (pauses.get(key) ?? 0) > clock.elapsed()) return
      running.add(key)
      const anew: Call = {
        ...withoutDoor(call),
        id: clock.id(),
        receivedAt: clock.now(),
        startedAt: clock.elapsed(),
        options: { version: version.id, cache: 'no-cache', tags: { refresh: 'cache' } },
        signal: new AbortController().signal,
      }
      serve(anew, caller)
        .then(readToEnd)
        // An answer that is not kept, as one that became too long, leaves the stale one where it was.
        .then(() => pause(key, Math.min(pauseMs, policy.ttlMs)))
        // It has its Record.
        .catch(() => pause(key, pauseMs))
        .finally(() => running.delete(key))
    },
  }
}

/** Its door's form is for the call that is answered already. */
function withoutDoor({ tell: _, ...call }: Call): Omit<Call, 'tell'> {
  return call
}

async function readToEnd(answer: Answer): Promise<void> {
  if (answer.kind === 'stream') for await (const _ of answer.events);
}
