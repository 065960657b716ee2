import { contractName } from '../../kernel/contract-name.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'

/** What an experiment's end says of where calls go that no weights send anywhere. */
export interface Outcome {
  readonly contract: string
  /** ms since the Unix epoch. */
  readonly since: number
  readonly best: string
  readonly lost: readonly string[]
}

export function outcomeOf({ model, major, control, candidates, progress }: ExperimentState): Outcome {
  const best = progress.winner ?? control
  const lost = [control, ...candidates].filter((arm) => arm !== best)
  return { contract: contractName(model, major), since: progress.since, best, lost }
}

const prefix = 'experiments/'

/** Where it is kept for ever that a name was used. */
export function nameKey(name: string): string {
  return `${prefix}${name}`
}

/** What stays of an experiment whose state goes: that it is over, and its outcome, or a version that lost would have all calls again. */
export function pastText(experiment: ExperimentState): string {
  const { contract, since, best, lost } = outcomeOf(experiment)
  return ['over', contract, since, best, ...lost].join(' ')
}

export function pastOutcomes(digests: Readonly<Record<string, string>>): readonly Outcome[] {
  return Object.entries(digests).flatMap(([key, text]) => {
    if (!key.startsWith(prefix)) return []
    const [, contract, since, best, ...lost] = text.split(' ')
    return contract === undefined || best === undefined ? [] : [{ contract, since: Number(since), best, lost }]
  })
}
