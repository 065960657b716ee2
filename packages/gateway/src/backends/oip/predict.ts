import type { Item } from '../../kernel/answer.ts'
import type { AttemptContext, Prediction } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import { AstraError, toAstraError } from '../../kernel/errors.ts'
import type { TensorSignature } from '../../kernel/tensors.ts'
import { settleItems } from '../settle-items.ts'
import { type Batch, toBatches, toTensors } from './batches.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeRequest } from './encode-request.ts'
import { toOutputs } from './outputs.ts'
import { readQueueMs, refusal } from './reply.ts'
import { readSettings, versionPath } from './settings.ts'
import type { Upstream } from './upstream.ts'

/** Requests that one call may have in flight when its items do not fit into one. */
const requestsMax = 4

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

  async function run(batch: Batch): Promise<void> {
    try {
      const outcome = await infer(upstream, route, batch, context)
      if ('outputs' in outcome) {
        batch.places.forEach((place, row) => {
          items[place] = { output: outcome.outputs[row] }
        })
        if (outcome.queueMs !== undefined) queueMs = Math.max(queueMs ?? 0, outcome.queueMs)
      } else if (batch.places.length > 1 && outcome.refused.code !== 'upstream_unavailable') {
        again.push(...singles(batch))
      } else fail(batch, outcome.refused)
    } catch (thrown) {
      if (context.signal.aborted) throw context.signal.reason
      fail(batch, toAstraError(thrown))
    }
  }

  function fail(batch: Batch, error: AstraError): void {
    for (const place of batch.places) items[place] = { error }
  }

  await runEach(toBatches(route.signature, inputs, items), run)
  if (again.length > 0) await runEach(again, run)
  settleItems(items)
  return queueMs === undefined ? { items } : { items, queueMs }
}

type Outcome =
  | { readonly outputs: readonly unknown[]; readonly queueMs: number | undefined }
  | { readonly refused: AstraError }

async function infer(upstream: Upstream, route: Route, batch: Batch, context: AttemptContext): Promise<Outcome> {
  const headers = ['content-type', 'application/json', 'astra-call-id', context.callId]
  headers.push('traceparent', context.traceparent)
  if (context.tracestate !== undefined) headers.push('tracestate', context.tracestate)
  const body = encodeRequest(toTensors(route.signature, batch))
  const reply = await upstream.send(route.path, body, headers, context.signal)
  if (reply.status !== 200) return { refused: refusal(reply) }
  const outputs = toOutputs(route.signature, decodeResponse(reply), batch.places.length)
  return { outputs, queueMs: readQueueMs(reply) }
}

/** A few at a time, so that one call does not take every connection. */
async function runEach(batches: readonly Batch[], run: (batch: Batch) => Promise<void>): Promise<void> {
  const [first] = batches
  if (first && batches.length === 1) return run(first)
  const left = batches.values()
  const lane = async () => {
    for (const batch of left) await run(batch)
  }
  await Promise.all(Array.from({ length: Math.min(batches.length, requestsMax) }, lane))
}

function singles({ places, rows }: Batch): readonly Batch[] {
  return places.map((place, i) => ({ places: [place], rows: rows.slice(i, i + 1) }))
}

interface Route {
  readonly path: string
  readonly signature: TensorSignature
}

const routes = new WeakMap<Version, Route>()

function routeOf(version: Version): Route {
  const known = routes.get(version)
  if (known) return known
  if (!version.tensors) throw new AstraError('internal', { reason: `version ${version.id} has no tensor signature` })
  const route = { path: `${versionPath(readSettings(version.state.settings))}/infer`, signature: version.tensors }
  routes.set(version, route)
  return route
}
