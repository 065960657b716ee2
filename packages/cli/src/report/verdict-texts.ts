import { controller } from './applied-rows.ts'
import type { ExperimentJson } from './experiment-json.ts'

type Told = Pick<ExperimentJson, 'status' | 'reason' | 'by' | 'evaluations'>

/**
 * The verdict first. What the controller did carries the verdict by which it did it as its reason, which later looks don't change; what a
 * person did carries that person's reason, and the evidence may say something else.
 */
export function verdictTexts({ status, reason, by, evaluations }: Told): readonly string[] {
  const verdicts = evaluations.map(({ verdict }) => verdict.text)
  if (reason === undefined || status === 'running' || status === 'draft') {
    return verdicts.length > 0 ? verdicts : ['Nothing was analysed yet.']
  }
  return by === controller ? [reason] : [reason, ...verdicts]
}
