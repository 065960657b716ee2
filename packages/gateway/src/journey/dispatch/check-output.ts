import type { Item } from '../../kernel/answer.ts'
import type { Contract } from '../../kernel/catalog.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'

/** Holds what upstream said against the contract; an item that breaks it becomes that item's error. */
export function checkItems(contract: Contract, items: readonly Item[], expected: number): readonly Item[] {
  if (items.length !== expected) {
    throw new AstraError('upstream_failed', { reason: `${items.length} results came back for ${expected} inputs` })
  }
  let checked: Item[] | undefined
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as Item
    if ('error' in item) continue
    const violations = contract.check.output(item.output)
    if (!violations) continue
    checked ??= [...items]
    checked[i] = { error: broken(violations) }
  }
  return checked ?? items
}

export function checkChunk(contract: Contract, chunk: unknown): void {
  const violations = contract.check.chunk(chunk)
  if (violations) throw broken(violations)
}

/** What exactly was wrong is the operator's to know: it may quote the model's words. */
function broken(violations: readonly Violation[]): AstraError {
  const reason = violations.map(({ path, message }) => `output${path} ${message}`).join('; ')
  return new AstraError('invalid_output', { reason })
}
