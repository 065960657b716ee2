import type { Contract } from '../../kernel/catalog.ts'
import type { TaskName } from '../../kernel/tasks.ts'

/** Tasks whose canonical inputs say by `outputTokensMax` what an answer may have at most. */
const bounded: ReadonlySet<TaskName> = new Set(['chat', 'completion'])

/** The inputs, held to what the contract lets an answer have: what is reserved for a call is what upstream may use at most. */
export function holdOutput(
  inputs: readonly unknown[],
  { task, limits: { outputTokensMax: max } }: Pick<Contract, 'task' | 'limits'>,
): readonly unknown[] {
  if (max === undefined || !bounded.has(task)) return inputs
  return inputs.map((input) => {
    const { outputTokensMax = max } = input as { readonly outputTokensMax?: number }
    return { ...(input as object), outputTokensMax: Math.min(outputTokensMax, max) }
  })
}
