import type { Item, WholeAnswer } from '../../../kernel/answer.ts'
import { publicError } from '../../../kernel/errors.ts'

/** `{id, model, version, output | results, cached, usage}`. */
export function wholeAnswerBody(answer: WholeAnswer, batch: boolean): string {
  const { callId: id, model, version, items, cached, usage } = answer
  const [only] = items
  if (batch) return JSON.stringify({ id, model, version, results: items.map(result), cached, usage })
  return JSON.stringify({ id, model, version, output: only && 'output' in only ? only.output : null, cached, usage })
}

function result(item: Item): unknown {
  if ('output' in item) return item
  const { code, title, detail, next, violations } = publicError(item.error)
  return { error: { code, title, detail, next, ...(violations ? { errors: violations } : {}) } }
}
