import type { Item, WholeAnswer } from '../../../kernel/answer.ts'
import { publicError } from '../../../kernel/errors.ts'
import type { BytesText } from '../write-whole.ts'

/** `{id, model, version, output | results, cached, usage}`; as bytes where the output is at hand as such: all else in it is ASCII. */
export function wholeAnswerBody(answer: WholeAnswer, batch: boolean): string | BytesText {
  const { callId: id, model, version, cached, usage, outputJson } = answer
  if (batch) return JSON.stringify({ id, model, version, results: answer.items.map(result), cached, usage })
  if (outputJson) {
    const before = JSON.stringify({ id, model, version }).slice(0, -1)
    const after = JSON.stringify({ cached, usage }).slice(1)
    return { latin1: `${before},"output":${outputJson.toString('latin1')},${after}` }
  }
  const [only] = answer.items
  return JSON.stringify({ id, model, version, output: only && 'output' in only ? only.output : null, cached, usage })
}

function result(item: Item): unknown {
  if ('output' in item) return item
  const { code, title, detail, next, violations } = publicError(item.error)
  return { error: { code, title, detail, next, ...(violations ? { errors: violations } : {}) } }
}
