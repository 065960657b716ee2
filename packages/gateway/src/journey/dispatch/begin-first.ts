import type { Hedge } from '../../kernel/contract-policies.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import type { Attempts, Try } from './attempts.ts'
import type { HedgeBudget } from './hedge-budget.ts'

/** An attempt that has begun to answer. */
interface Begun {
  readonly one: Try
}

/** Makes an attempt. Undefined when it failed and another is to be made, or still runs; rejects with what the caller gets. */
export type Open<T> = (charged: ChargedCall, attempts: Attempts, one: Try) => Promise<T | undefined>

/**
 * The first attempt of a call, with a second one beside it where the call is hedged. Undefined when another is to be made. `drop` lets
 * go of one that began too late.
 */
export function beginFirst<T extends Begun>(
  charged: ChargedCall,
  { hedges }: { readonly hedges: HedgeBudget },
  attempts: Attempts,
  open: Open<T>,
  drop?: (late: T) => void,
): Promise<T | undefined> {
  const { contract, call } = charged
  const { hedge } = contract
  if (!hedge || call.role !== undefined) return open(charged, attempts, attempts.begin())
  hedges.call(contract)
  return firstOfTwo(charged, hedge, hedges, attempts, open, drop)
}

/** The first attempt, and where it has not begun in time and the budget allows it, a second one beside it. */
async function firstOfTwo<T extends Begun>(
  charged: ChargedCall,
  { afterMs }: Hedge,
  hedges: HedgeBudget,
  attempts: Attempts,
  open: Open<T>,
  drop?: (late: T) => void,
): Promise<T | undefined> {
  const one = attempts.begin()
  const first = open(charged, attempts, one)
  if (!(await isSlow(first, afterMs)) || !hedges.take(charged.contract)) return first
  const other = beginBeside(attempts)
  if (!other) return first
  const second = open(charged, attempts, other)
  // Rejects only where the attempts as a whole have failed: of two that run, the one that fails first leaves it to the other.
  const faster = (await Promise.race([first, second])) ?? (await first) ?? (await second)
  if (!faster) return undefined
  const [slower, late] = faster.one === one ? [other, second] : [one, first]
  attempts.outrun(slower)
  late.then(
    (begun) => begun && drop?.(begun),
    () => undefined,
  )
  return faster
}

/** What keeps the second from beginning is no reason to give up the first, which runs. */
function beginBeside(attempts: Attempts): Try | undefined {
  try {
    return attempts.beginBeside()
  } catch {
    return undefined
  }
}

async function isSlow(attempt: Promise<unknown>, afterMs: number): Promise<boolean> {
  const slow = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => slow.resolve(true), afterMs)
  try {
    return await Promise.race([attempt.then(settled, settled), slow.promise])
  } finally {
    clearTimeout(timer)
  }
}

function settled(): boolean {
  return false
}
