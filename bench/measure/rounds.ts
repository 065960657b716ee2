import { type Summary, summarise } from './percentiles.ts'

/**
 * Measures in turns, A B C, A B C, …: what the machine does beside it (other tenants, heat) then touches all alike. One
 * unmeasured turn comes first, since compilers need one. What fails is left out of later turns and told.
 */
export async function inTurns<S>(
  names: readonly string[],
  rounds: number,
  measure: (name: string, round: number | 'warm-up') => Promise<S>,
): Promise<{ readonly samples: ReadonlyMap<string, readonly S[]>; readonly failures: ReadonlyMap<string, string> }> {
  const samples = new Map<string, S[]>(names.map((name) => [name, []]))
  const failures = new Map<string, string>()
  const turn = async (round: number | 'warm-up') => {
    for (const name of names) {
      if (failures.has(name)) continue
      try {
        const sample = await measure(name, round)
        if (round !== 'warm-up') samples.get(name)?.push(sample)
      } catch (thrown) {
        failures.set(name, thrown instanceof Error ? thrown.message : String(thrown))
        samples.delete(name)
      }
    }
  }
  await turn('warm-up')
  for (let round = 0; round < rounds; round++) await turn(round)
  return { samples, failures }
}

/** Of each round's own ratio, so that both sides were measured seconds apart. `over` and `under` pair up by round. */
export function ratioOf(over: readonly number[], under: readonly number[]): Summary | undefined {
  return byRound(over, under, (a, b) => a / b)
}

/** The same of differences. */
export function differenceOf(over: readonly number[], under: readonly number[]): Summary | undefined {
  return byRound(over, under, (a, b) => a - b)
}

function byRound(over: readonly number[], under: readonly number[], compare: (a: number, b: number) => number) {
  const pairs = over.slice(0, under.length).map((value, round) => compare(value, under[round] ?? Number.NaN))
  return pairs.length === 0 ? undefined : summarise(pairs)
}
