import { fileURLToPath } from 'node:url'
import { type Call, checkCall } from '../load/call.ts'
import { onnxLoop } from '../load/run-onnx-loop.ts'
import { saturate } from '../load/wrk.ts'
import { summarise } from '../measure/percentiles.ts'
import { inTurns, ratioOf } from '../measure/rounds.ts'
import { startMlserver } from '../peers/mlserver.ts'
import type { Row } from '../report.ts'
import { startGatewayProcess } from '../servers/gateway.ts'
import { computeManifest } from '../servers/manifests.ts'
import { startRuntime } from '../servers/runtime.ts'
import type { Settings } from '../suite.ts'

const benchModels = fileURLToPath(new URL('../models', import.meta.url))
const features = 16
/** The most that the runtime puts into one batch. */
const rowsMax = 8
/** Four full batches: one runs, one is forming, and as much again on the way. */
const callers = 32
const json = { 'content-type': 'application/json' }
const x = Array.from({ length: features }, (_, i) => i / features)

/**
 * Rows a second of a model that takes real time, one row a call, against ONNX Runtime alone with batches of the same size.
 * Nothing is pinned: the model has one thread, and what stands around it shares the rest of the machine with the load.
 */
export async function computeSuite(settings: Settings): Promise<readonly Row[]> {
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const gateway = started(
    await startGatewayProcess({ manifest: computeManifest(), models: benchModels, cores: undefined }),
  )
  const runtime = started(await startRuntime(benchModels))
  const headers = { ...json, authorization: `Bearer ${gateway.key}` }
  const rows: Row[] = []
  const peer = settings.peers.has('mlserver') ? await mlserver(settings) : undefined
  if (peer && 'url' in peer) started(peer)
  for (const model of ['deep', 'wide'] as const) {
    const native = {
      url: gateway.url,
      path: `/models/${model}/v1/predict`,
      headers,
      body: JSON.stringify({ input: { x } }),
    }
    const direct = { url: runtime.url, ...inferCall(model) }
    const calls: Record<string, Call> = { 'gateway and runtime': native, 'runtime alone': direct }
    if (peer && 'url' in peer) calls[peerName] = { url: peer.url, ...inferCall(model) }
    rows.push(...(await throughputRows(model, calls, settings)))
  }
  if (peer && 'why' in peer) rows.push({ table: 'Peers', name: peerName, note: `not measured: ${peer.why}` })
  return rows
}

const peerName = 'MLServer 1.7.1'

async function mlserver({ say }: Settings) {
  say('MLServer is being installed …')
  const files = ['deep', 'wide'].map((model) => [model, modelFile(model)] as const)
  return await startMlserver(new Map(files)).catch((error: Error) => ({ why: error.message }))
}

function modelFile(model: string): string {
  return `${benchModels}/${model}/1.0/model.onnx`
}

/** One row to a model of bench/models, in the Open Inference Protocol. */
function inferCall(model: string): Omit<Call, 'url'> {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, features], data: x }]
  return { path: `/v2/models/${model}/infer`, headers: json, body: JSON.stringify({ inputs }) }
}

/** `deep` is what the budget is about. `wide` is much cheaper in batches, so what stands around it weighs more. */
const what = {
  deep: 'as long per row in a batch as alone',
  wide: 'a row in a batch takes a fraction of one alone',
} as const

async function throughputRows(
  model: 'deep' | 'wide',
  calls: Readonly<Record<string, Call>>,
  { seconds: short, rounds, say }: Settings,
): Promise<readonly Row[]> {
  // A batch of 8 takes up to 0.1 s: a turn should hold many.
  const seconds = 2 * short
  const file = modelFile(model)
  const alone = (batch: number) => async () =>
    (await onnxLoop({ file, rows: batch, features, seconds, threads: 1 })).rowsPerSecond
  const served = (call: Call) => () => rowsPerSecond(call, seconds)
  const measures: Readonly<Record<string, () => Promise<number>>> = {
    [`ONNX Runtime alone, batches of ${rowsMax}`]: alone(rowsMax),
    'ONNX Runtime alone, row by row': alone(1),
    ...Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, served(call)])),
  }
  const names = Object.keys(measures)
  const { samples, failures } = await inTurns(names, rounds, async (name, round) => {
    const perSecond = (await measures[name]?.()) ?? Number.NaN
    say(`${model}: ${name}, ${round === 'warm-up' ? round : `round ${round + 1}`}: ${perSecond.toFixed(1)} rows/s`)
    return perSecond
  })
  const table = `Model "${model}" (${what[model]}): rows a second, ONNX Runtime alone in batches of ${rowsMax} = 1`
  const best = samples.get(names[0] ?? '') ?? []
  return names.map((name): Row => {
    const own = samples.get(name) ?? []
    const ratio = ratioOf(own, best)
    const judged = model === 'deep' && name === 'gateway and runtime'
    const budget = judged && { budget: { atLeast: 0.8 } }
    if (!ratio) {
      const why = failures.get(name) ?? `nothing to compare with: ${failures.get(names[0] ?? '')}`
      return { table, name, ...budget, note: `not measured: ${why}` }
    }
    const perSecond = summarise(own).median
    const msPerRow = 1000 / perSecond
    const tooFast = judged && best.length > 0 && 1000 / summarise(best).median < 5
    return {
      table,
      name,
      ratio,
      figures: { 'rows/s': perSecond, 'ms a row': msPerRow },
      ...budget,
      ...(tooFast && { note: 'this machine computes a row in less than the 5 ms that the budget speaks of' }),
    }
  })
}

/** One row a call, as many callers as fill batches. Throws when the answer is no number. */
async function rowsPerSecond(call: Call, seconds: number): Promise<number> {
  await checkCall(call, '"y"')
  const done = await saturate({ calls: [call], connections: callers, seconds, cores: undefined })
  return done.requests / done.seconds
}
