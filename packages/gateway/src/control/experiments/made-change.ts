import type { ExperimentState } from '../../kernel/experiment.ts'
import type { ExperimentChange } from '../operations/ports.ts'

/** Who stands in the catalog and in the audit log for what the controller decides. */
export const controllerActor = 'astra-experiments'

export interface MadeChange {
  readonly name: string
  readonly change: ExperimentChange
  readonly before: ExperimentState
  readonly after: ExperimentState
  readonly revision: number
}
