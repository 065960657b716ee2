import {
  type EvaluationMeasure,
  type EvaluationReport,
  evaluationMeasures,
  isMeasure,
} from '../../kernel/evaluation.ts'
import type { OwnAnswer } from '../../kernel/own-call.ts'
import { difference, inOrder, Mean, pairedShares } from './figures.ts'
import type { Held } from './held.ts'

/** One version's answer to a case, with what it was held against. */
export interface HeldAnswer {
  readonly answer: OwnAnswer
  readonly held: Held
}

type Values<Value> = Readonly<Partial<Record<EvaluationMeasure, (one: HeldAnswer) => Value | undefined>>>

const shares: Values<boolean> = {
  accuracy: ({ held }) => held.accurate,
  errors: ({ answer }) => 'error' in answer.item,
}

const means: Values<number> = {
  distance: ({ held }) => (held.accurate === undefined ? undefined : held.distance),
  'absolute-error': ({ held }) => held.absolute,
  latency: ({ answer }) => answer.record?.latencyMs,
  cost: ({ answer }) => answer.record?.costUsd,
  tokens: ({ answer }) => answer.record?.outputTokens,
}

/** How two versions differ on the cases of which both can tell. */
export class Paired {
  readonly #expected: number
  readonly #shares = new Map<EvaluationMeasure, { gained: number; lost: number; n: number }>()
  readonly #means = new Map<EvaluationMeasure, Mean>()

  /** `expected`: of how many cases, for the intervals. */
  constructor(expected: number) {
    this.#expected = expected
  }

  add(own: HeldAnswer, other: HeldAnswer): void {
    for (const [name, [mine, theirs]] of pairsOf(shares, own, other)) {
      const pairs = this.#shares.get(name) ?? { gained: 0, lost: 0, n: 0 }
      this.#shares.set(name, pairs)
      pairs.n++
      if (mine && !theirs) pairs.gained++
      if (theirs && !mine) pairs.lost++
    }
    for (const [name, [mine, theirs]] of pairsOf(means, own, other)) {
      const mean = this.#means.get(name) ?? new Mean()
      this.#means.set(name, mean)
      mean.add(mine - theirs)
    }
  }

  told(): EvaluationReport['differences'] {
    const told = (name: EvaluationMeasure, figure: Parameters<typeof difference>[0]) =>
      [name, difference(figure, evaluationMeasures[name].better)] as const
    const shares = [...this.#shares].map(([name, pairs]) => told(name, pairedShares(pairs, this.#expected)))
    const means = [...this.#means].map(([name, mean]) => told(name, mean.figure(this.#expected)))
    return inOrder(new Map([...shares, ...means]))
  }
}

function pairsOf<Value>(values: Values<Value>, own: HeldAnswer, other: HeldAnswer) {
  return Object.entries(values).flatMap(([name, of]) => {
    const [mine, theirs] = [of(own), of(other)]
    return mine === undefined || theirs === undefined || !isMeasure(name) ? [] : [[name, [mine, theirs]] as const]
  })
}
