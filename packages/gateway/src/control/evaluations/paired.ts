import {
  type EvaluationFigure,
  type EvaluationMeasure,
  type EvaluationReport,
  evaluationMeasures,
  isMeasure,
} from '../../kernel/evaluation.ts'
import type { OwnAnswer } from '../../kernel/own-call.ts'
import { difference, inOrder, Mean, pairedShares, pairedUnits } from './figures.ts'
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
  readonly #shares: Signs = new Map()
  readonly #means = new Map<EvaluationMeasure, Mean>()
  /** Of the means: in how many cases the version has more, and less of it. */
  readonly #signs: Signs = new Map()

  /** `expected`: of how many cases, for the intervals. */
  constructor(expected: number) {
    this.#expected = expected
  }

  add(own: HeldAnswer, other: HeldAnswer): void {
    for (const [name, [mine, theirs]] of pairsOf(shares, own, other)) {
      count(this.#shares, name, Number(mine) - Number(theirs))
    }
    for (const [name, [mine, theirs]] of pairsOf(means, own, other)) {
      const mean = this.#means.get(name) ?? new Mean()
      this.#means.set(name, mean)
      mean.add(mine - theirs)
      count(this.#signs, name, mine - theirs)
    }
  }

  told(): EvaluationReport['differences'] {
    const told = (name: EvaluationMeasure, figure: Parameters<typeof difference>[0]) =>
      [name, difference(figure, evaluationMeasures[name].better)] as const
    const shares = [...this.#shares].map(([name, pairs]) => told(name, pairedShares(pairs, this.#expected)))
    const means = [...this.#means].map(([name, mean]) => told(name, this.#meanFigure(name, mean)))
    return inOrder(new Map([...shares, ...means]))
  }

  #meanFigure(name: EvaluationMeasure, mean: Mean): EvaluationFigure {
    const figure = mean.figure(this.#expected)
    const signs = this.#signs.get(name)
    return signs && evaluationMeasures[name].unit === 'share' ? pairedUnits(signs, figure, this.#expected) : figure
  }
}

type Signs = Map<EvaluationMeasure, { gained: number; lost: number; n: number }>

function count(signs: Signs, name: EvaluationMeasure, more: number): void {
  const pairs = signs.get(name) ?? { gained: 0, lost: 0, n: 0 }
  signs.set(name, pairs)
  pairs.n++
  if (more > 0) pairs.gained++
  if (more < 0) pairs.lost++
}

function pairsOf<Value>(values: Values<Value>, own: HeldAnswer, other: HeldAnswer) {
  return Object.entries(values).flatMap(([name, of]) => {
    const [mine, theirs] = [of(own), of(other)]
    return mine === undefined || theirs === undefined || !isMeasure(name) ? [] : [[name, [mine, theirs]] as const]
  })
}
