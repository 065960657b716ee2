import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call } from '../load/call.ts'
import { summarise } from '../measure/percentiles.ts'
import { type Contestant, callRows, measureSaturation } from '../measure/saturation.ts'
import { joinNotes, type Row } from '../report.ts'
import { fillDataFolder } from '../servers/full-data-folder.ts'
import { type GatewayProcess, startGatewayProcess } from '../servers/gateway.ts'
import { manyModelsManifest, modelName } from '../servers/manifests.ts'
import { startUpstream } from '../servers/nginx.ts'
import type { Settings } from '../suite.ts'
import { nativeRequest } from '../workload.ts'

const startTable = 'Start of a gateway that was started before, to its first ready line'
const routingTable = 'CPU per call by the size of the catalog, one model and one key = 1'
const sizes = {
  small: { models: 1, keys: 1 },
  large: { models: 1000, keys: 100_000 },
} as const

/** What a large catalog costs: at the start, and per call. */
export async function startSuite(settings: Settings): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack()
  const upstream = stack.adopt(await startUpstream(settings.machine.loadCores), ({ stop }) => stop())
  const folder = stack.adopt(await mkdtemp(join(tmpdir(), 'astra-bench-data-')), (path) =>
    rm(path, { recursive: true, force: true }),
  )
  const places: Place[] = []
  for (const name of ['small', 'large'] as const) {
    const { models, keys } = sizes[name]
    settings.say(`a data folder with ${models} models and ${keys} keys …`)
    const manifest = manyModelsManifest(upstream.url, models)
    const data = join(folder, name)
    places.push({ name, models, keys: await fillDataFolder(data, manifest, keys), manifest, data })
  }
  const starts: Row[] = []
  for (const { name, models, keys, manifest, data } of places) {
    const seconds: number[] = []
    for (let round = 0; round < settings.rounds; round++) {
      const gateway = await startGatewayProcess({ manifest, data, key: keys[0] ?? '', cores: undefined })
      seconds.push(gateway.startMs / 1000)
      settings.say(`${name}: ready after ${(gateway.startMs / 1000).toFixed(2)} s`)
      await gateway.stop()
    }
    starts.push(startRow(models, sizes[name].keys, seconds))
  }
  return [...starts, ...(await routingRows(places, settings))]
}

function startRow(models: number, keys: number, seconds: readonly number[]): Row {
  const { median, min, max } = summarise(seconds)
  const name = `${models.toLocaleString('en')} models, ${keys.toLocaleString('en')} keys`
  const figures = { s: median, 's at best': min, 's at worst': max }
  if (keys === 1) return { table: startTable, name, figures }
  return { table: startTable, name, figures, budget: { value: median, atMost: 2, unit: 's' } }
}

interface Place {
  readonly name: keyof typeof sizes
  readonly models: number
  readonly keys: readonly string[]
  readonly manifest: string
  readonly data: string
}

const routing = {
  small: '1 model, 1 key',
  large: '1,000 models, 100,000 keys; one of each is called',
  spread: 'the same, calls spread over all models and 1,000 keys',
} as const
const spreadNote = 'a thousand contracts in use rather than one: what caches and the collector make of that is in it'

/** Above what noise does, below what a look-up that grows with the catalog would. */
const independent = { atMost: 1.1 }

async function routingRows(places: readonly Place[], settings: Settings): Promise<readonly Row[]> {
  await using servers = new AsyncDisposableStack()
  const contestants = new Map<string, Contestant>()
  const add = (name: string, gateway: GatewayProcess, calls: readonly Call[]) =>
    contestants.set(name, { pid: gateway.pid, calls, expected: 'certificate' })
  for (const { name, models, keys, manifest, data } of places) {
    const options = { manifest, data, key: keys[0] ?? '', cores: settings.machine.serverCore }
    const gateway = servers.adopt(await startGatewayProcess(options), ({ stop }) => stop())
    add(routing[name], gateway, [callOf(gateway, models - 1, keys.at(-1) ?? '')])
    if (models > 1) {
      const spread = Array.from({ length: models }, (_, n) => callOf(gateway, n, keys[n % keys.length] ?? ''))
      add(routing.spread, gateway, spread)
    }
  }
  const measured = await measureSaturation(contestants, settings)
  const budgets = { [routing.large]: independent }
  return callRows(routingTable, routing.small, Object.values(routing), measured, budgets).map((row): Row => {
    const note = joinNotes(row.name === routing.spread ? spreadNote : undefined, row.note)
    return { ...row, ...(note !== undefined && { note }) }
  })
}

function callOf({ url }: GatewayProcess, model: number, key: string): Call {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  return { url, path: `/models/${modelName(model)}/v1/predict`, headers, body: nativeRequest }
}
