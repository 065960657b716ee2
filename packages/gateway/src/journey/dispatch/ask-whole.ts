import type { Item } from '../../kernel/answer.ts'
import type { AttemptContext, Prediction } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { attemptEndOf, attemptEnds } from './attempt-end.ts'
import type { Attempts, Try } from './attempts.ts'
import { checkItems } from './check-output.ts'
import type { Relayed } from './leg.ts'
import type { Meter } from './usage/meter.ts'
import { type MeterPorts, type MeterReport, meterOf } from './usage/meter-of.ts'

export interface Whole {
  readonly one: Try
  /** One per input that was sent; empty where the answer was relayed. */
  readonly items: readonly Item[]
  readonly relayed: Buffer | undefined
  /** Undefined where there is nothing to measure. */
  readonly meter: Meter | undefined
  readonly queueMs: number | undefined
}

/** One attempt at a whole answer. Undefined when it failed and another is to be made. */
export async function askWhole(
  charged: ChargedCall,
  attempts: Attempts,
  one: Try,
  ports: MeterPorts,
  report: MeterReport,
): Promise<Whole | undefined> {
  const { leg, open } = one
  let meter: Meter | undefined
  try {
    const { address } = open.member.endpoint
    const context = attempts.context(one)
    const asked: Asked = leg.relay
      ? await relay(leg.version, address, leg.relay, context)
      : await leg.backend.predict(leg.version, address, leg.inputs, context)
    const { usage, relayed, said, queueMs, waiting } = asked
    const metered = usage !== undefined || leg.upstreamModel !== undefined
    meter = metered ? meterOf(charged, leg, ports, report) : undefined
    if (usage) meter?.told(usage)
    if (usage?.outputTokens === undefined) meter?.words?.addAll(said ?? asked.items)
    const items = relayed ? none : hold(charged, checkItems(charged.contract, asked.items, leg.inputs.length))
    attempts.answered(one, waiting)
    return { one, items, relayed, meter, queueMs }
  } catch (thrown) {
    attempts.failed(one, thrown)
    if (meter?.toldSoFar) report.lost(leg.upstreamModel, meter.toldSoFar)
    return undefined
  }
}

interface Asked extends Prediction {
  readonly relayed?: Buffer
  /** What the model said, where it stands not in the items. */
  readonly said?: string
}

async function relay(
  version: Version,
  address: string,
  { by, wire }: Relayed,
  context: AttemptContext,
): Promise<Asked> {
  const { bytes, text, ...told } = await by.predict(version, address, wire, context)
  return { items: none, relayed: bytes, said: text, ...told }
}

const none: readonly Item[] = []

/**
 * Of a call that succeeds or fails as a whole, an item that broke the contract fails the attempt: another version may keep it. Where no
 * item could be put to the model there was no attempt at all.
 */
function hold({ call }: ChargedCall, items: readonly Item[]): readonly Item[] {
  if (call.batch && !call.allOrNothing) return items
  let unsaid = 0
  for (const item of items) {
    if (!('error' in item)) continue
    if (attemptEnds[attemptEndOf(item.error)].fallsBack) throw item.error
    if (item.error.code === 'unsupported' && ++unsaid === items.length) throw item.error
  }
  return items
}
