import type { ExperimentState, TrafficRule } from '../../kernel/experiment.ts'
import { experimentOut, guardrailOut } from '../manifest/experiment.ts'
import { digestOf } from './digest.ts'
import { facts } from './facts.ts'

/** What was declared of an experiment in the words of the manifest, and how far it has come. */
export function experimentText(experiment: ExperimentState): string {
  const { progress, ...declared } = experiment
  const { state: _, guardrails: __, description, metrics, candidates, ...rest } = experimentOut(experiment)
  const guardrails = declared.metrics.filter(({ kind }) => kind === 'guardrail').map(guardrailOut)
  return facts({
    status: progress.status,
    origin: declared.origin,
    step: declared.ramp.length > 1 ? progress.step + 1 : undefined,
    winner: progress.winner,
    candidates: candidates.join(' '),
    metrics: metrics.join(' '),
    guardrails: guardrails.map(({ metric, margin }) => `${metric} (${margin})`).join(' ') || 'none',
    ...rest,
    // Not all of it can be told in a line.
    content: digestOf({ declared, progress }).slice(0, 19),
    description,
  })
}

/** "rule: 1.1 for consumers: …" */
export function ruleText({ version, ...when }: TrafficRule): string {
  return `rule: ${version} for ${facts(when)}`
}
