import type { Timing } from '../../kernel/answer.ts'

/** Server-Timing (W3C), ms: `queue` is waiting only, here and in the upstream's own queue; `gateway` is the work done here. */
export function serverTiming({ queueMs, upstreamMs, totalMs }: Timing): string {
  const gatewayMs = Math.max(0, totalMs - queueMs - upstreamMs)
  return `gateway;dur=${cents(gatewayMs)}, queue;dur=${cents(queueMs)}, upstream;dur=${cents(upstreamMs)}, total;dur=${cents(totalMs)}`
}

/** To a hundredth; `toFixed` takes several times as long. */
function cents(ms: number): number {
  return Math.round(ms * 100) / 100
}
