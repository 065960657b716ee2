import { type Feature, hasBounds } from '../feature.ts'
import { type Call, checkCall, firstCallNumber, numbered } from '../load/call.ts'
import type { CallJson, GatewayProcess, LimitsJson } from '../servers/gateway.ts'

/** After a turn, whether a row is what it is named after. Throws when it is not. `call` has a good answer. */
export async function checkFeature(feature: Feature, gateway: GatewayProcess, call: Call): Promise<void> {
  await gateway.checkRecords(feature.refused?.code)
  const newest = await gateway.newestRecords()
  if (!feature.records(newest)) throw new Error(`Records are not as they must be: ${recordsText(newest)}`)
  const limits = await gateway.limits()
  if (!hasBounds(feature, limits)) throw new Error(`bounds are not as they must be: ${boundsText(limits)}`)
  const [counters, declared] = [await gateway.counters(), feature.redis ? 'redis' : 'memory']
  if (counters !== declared) throw new Error(`limits are counted in ${counters}, not in ${declared}`)
  const { counted } = feature
  if (counted && (await gateway.metric(counted)) === 0) throw new Error(`${counted} is 0`)
  if (feature.replayed) await checkReplayed(call)
}

/** Last of all: an answer that is given again has a Record unlike those of the load. */
async function checkReplayed(call: Call): Promise<void> {
  const same = numbered(call, firstCallNumber())
  await checkCall(same, /certificate/)
  await checkCall(same, /^idempotent-replayed: true$.*certificate/ms)
}

function boundsText({ limits, contract }: LimitsJson): string {
  const bounds = limits.map(({ kind, limit, remaining }) => `${kind} ${remaining} of ${limit}`)
  return `${bounds.join(', ')}; at most ${contract.outputTokensMax} tokens of output`
}

function recordsText(calls: readonly CallJson[]): string {
  const kinds = new Set(calls.map(({ model, cache, code }) => [model, cache, code].join(' ')))
  const waited = calls.filter(({ queueMs }) => queueMs > 0).length
  const holders = new Set(calls.map(({ keyId }) => keyId)).size
  return `${[...kinds].join('; ')}; ${waited} of ${calls.length} waited, ${holders} key or token holders`
}
