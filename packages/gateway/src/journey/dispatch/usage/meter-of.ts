import type { ChargedCall } from '../../charge/in-flight.ts'
import type { Leg } from '../leg.ts'
import { Meter } from './meter.ts'
import type { TokenCounter } from './token-counter.ts'

export interface MeterPorts {
  /** Where upstream does not tell its usage. */
  readonly counter: TokenCounter
}

/** The meter of an attempt that begins. */
export function meterOf(
  { call, contract }: ChargedCall,
  { relay, inputs, upstreamModel }: Leg,
  { counter }: MeterPorts,
): Meter {
  return new Meter({
    items: call.wire?.items ?? call.inputs.length,
    task: contract.task,
    input: relay ? relay.wire.body : inputs,
    counter: upstreamModel === undefined ? undefined : counter,
  })
}
