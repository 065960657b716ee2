import type { Item } from '../../kernel/answer.ts'
import type { AttemptContext, Prediction } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import { type AstraError, toAstraError } from '../../kernel/errors.ts'
import { runEach } from '../run-each.ts'
import { settleItems } from '../settle-items.ts'
import { type Batch, toBatches, toSingles } from './batches.ts'
import { infer } from './infer.ts'
import { readQueueMs, readWaiting } from './reply.ts'
import { routeOf } from './route.ts'
import type { Upstream } from './upstream.ts'

/**
 * Items in as few requests as their shapes allow. A batch that upstream refuses is sent again item by item, so that a bad
 * one harms nobody; one on which the connection broke is not, because it may be what broke it.
 */
export async function predict(
  upstream: Upstream,
  version: Version,
  inputs: readonly unknown[],
  context: AttemptContext,
): Promise<Prediction> {
  const route = routeOf(version)
  const items = new Array<Item>(inputs.length)
  const again: Batch[] = []
  let queueMs: number | undefined
  let waiting: number | undefined

  async function run(batch: Batch): Promise<void> {
    const { places } = batch
    try {
      const inferred = await infer(upstream, route, batch, context)
      if ('items' in inferred) {
        for (let row = 0; row < places.length; row++) items[places[row] as number] = inferred.items[row] as Item
        queueMs = max(queueMs, readQueueMs(inferred.reply))
        waiting = readWaiting(inferred.reply) ?? waiting
      } else if (places.length > 1 && inferred.refused.code !== 'upstream_unavailable') {
        again.push(...toSingles(batch))
      } else fail(batch, inferred.refused)
    } catch (thrown) {
      if (context.signal.aborted) throw context.signal.reason
      fail(batch, toAstraError(thrown))
    }
  }

  function fail({ places }: Batch, error: AstraError): void {
    for (const place of places) items[place] = { error }
  }

  await runEach(toBatches(route.signature, inputs, items), run)
  if (again.length > 0) await runEach(again, run)
  settleItems(items)
  return {
    items,
    ...(queueMs === undefined ? {} : { queueMs }),
    ...(waiting === undefined ? {} : { waiting }),
  }
}

function max(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}
