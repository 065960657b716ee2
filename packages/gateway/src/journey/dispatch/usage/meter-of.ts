import type { TokenUsage } from '../../../kernel/answer.ts'
import type { ChargedCall } from '../../charge/in-flight.ts'
import type { Leg } from '../leg.ts'
import { Meter } from './meter.ts'
import type { TokenCounter } from './token-counter.ts'

export interface MeterPorts {
  /** Where upstream does not tell its usage. */
  readonly counter: TokenCounter
}

export interface MeterReport {
  /** Measures what the attempt that answers, or failed last, uses up. */
  meters(meter: Pick<Meter, 'partial'>): void
  /** An attempt that failed, and that another follows, had used this up nevertheless. */
  lost(upstreamModel: string | undefined, usage: TokenUsage): void
}

/** The meter of an attempt that has begun to answer, or may any moment. */
export function meterOf(
  { call, contract }: ChargedCall,
  { relay, inputs, upstreamModel }: Leg,
  { counter }: MeterPorts,
  report: MeterReport,
): Meter {
  const meter = new Meter({
    items: call.wire?.items ?? call.inputs.length,
    task: contract.task,
    input: relay ? relay.wire.body : inputs,
    counter: upstreamModel === undefined ? undefined : counter,
  })
  report.meters(meter)
  return meter
}
