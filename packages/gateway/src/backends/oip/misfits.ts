import type { ContractRevision } from '../../kernel/catalog-state.ts'
import type { Violation } from '../../kernel/errors.ts'
import type { TaskName } from '../../kernel/tasks.ts'

/** Tasks whose versions generate text, and so have chunks and no tensors. */
const generating: ReadonlySet<TaskName> = new Set(['chat', 'completion'])

/** A model computes tensors, whole, or generates text: what the contract needs that it does not have. */
export function misfits({ chunk, tensors }: ContractRevision, task: TaskName): readonly Violation[] {
  if (generating.has(task)) return []
  if (!tensors) {
    const message = 'tells no tensors, which every task but chat and completion needs'
    return [{ path: '', message, suggestion: 'Set "task: chat" or "task: completion" in the contract.' }]
  }
  if (!chunk) return []
  const message = 'cannot stream, and the contract streams: tensors come at once'
  return [{ path: '', message, suggestion: 'Set "streams: false" in the contract.' }]
}
