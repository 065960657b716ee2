import type { Item, Timing, WholeAnswer } from '../../../kernel/answer.ts'
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

/** Server-Timing (W3C), ms: `queue` is waiting only, here and in the upstream's own queue; `gateway` is the work done here. */
export function serverTiming({ queueMs, upstreamMs, totalMs }: Timing): string {
  const gatewayMs = Math.max(0, totalMs - queueMs - upstreamMs)
  const parts = { gateway: gatewayMs, queue: queueMs, upstream: upstreamMs, total: totalMs }
  return Object.entries(parts)
    .map(([name, ms]) => `${name};dur=${ms.toFixed(2)}`)
    .join(', ')
}
