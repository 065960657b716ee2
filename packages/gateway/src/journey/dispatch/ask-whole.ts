import type { Item } from '../../kernel/answer.ts'
import type { Prediction, Relayed } from '../../kernel/backend.ts'
import { finishOfAnswer } from '../../kernel/finish.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { attemptEndOf, attemptEnds } from './attempt-end.ts'
import type { Attempts, Try } from './attempts.ts'
import { checkItems } from './check-output.ts'

export interface Whole {
  readonly one: Try
  /** One per input that was sent; empty where the answer was relayed. */
  readonly items: readonly Item[]
  readonly relayed: Buffer | undefined
  readonly queueMs: number | undefined
}

/** One attempt at a whole answer. Undefined when it failed and another is to be made. */
export async function askWhole(charged: ChargedCall, attempts: Attempts, one: Try): Promise<Whole | undefined> {
  const { leg, open } = one
  try {
    const { address } = open.member.endpoint
    const context = attempts.context(one)
    const asked: Asked = leg.relay
      ? await leg.relay.by.predict(leg.version, address, leg.relay.wire, context)
      : await leg.backend.predict(leg.version, address, leg.inputs, { ...context, spending: one.meter })
    measure(one, asked, charged)
    const relayed = 'bytes' in asked ? asked.bytes : undefined
    const items = 'items' in asked ? hold(charged, checkItems(charged.contract, asked.items, leg.inputs.length)) : none
    if (charged.contract.task === 'chat') for (const item of items) tellFinish(item, one)
    attempts.answered(one, asked.waiting)
    return { one, items, relayed, queueMs: asked.queueMs }
  } catch (thrown) {
    attempts.failed(one, thrown)
    return undefined
  }
}

type Asked = Relayed | Prediction

const none: readonly Item[] = []

function measure({ meter }: Try, asked: Asked, { call }: ChargedCall): void {
  // Where no model need be asked, none ran.
  if (call.wire?.here) return
  const { usage } = asked
  if (usage) meter.told(usage)
  if ('bytes' in asked) meter.ended(asked.finish)
  else meter.refused = !usage && asked.items.length > 0 && asked.items.every(isRefused)
  if (usage?.outputTokens !== undefined) return
  meter.words?.addAll('bytes' in asked ? asked.text : asked.items.filter((item) => !('error' in item)))
}

function tellFinish(item: Item, { meter }: Try): void {
  if ('output' in item) meter.ended(finishOfAnswer(item.output))
}

function isRefused(item: Item): boolean {
  return 'error' in item && attemptEnds[attemptEndOf(item.error)].owed === 'nothing'
}

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
