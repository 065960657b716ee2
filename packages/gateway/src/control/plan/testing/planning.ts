import assert from 'node:assert/strict'
import type { Backend, Inspection } from '../../../kernel/backend.ts'
import type { Catalog } from '../../../kernel/catalog.ts'
import type { ContractState } from '../../../kernel/catalog-state.ts'
import { systemClock } from '../../../kernel/clock.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { StoredCatalog } from '../../../kernel/store.ts'
import type { TensorSpec } from '../../../kernel/tensors.ts'
import { readManifest } from '../../manifest/read-manifest.ts'
import type { Fault } from '../../operations/ports.ts'
import { type Plan, planManifest } from '../plan-manifest.ts'

/** Plans from YAML, for tests; and upstreams that say what a test has them say. */
export const emptyCatalog: StoredCatalog = { revision: 0, time: 0, state: { models: {}, consumers: {} }, digests: {} }

/** What an upstream is asked about. */
export interface Asked {
  readonly model: string
  readonly version: string
  readonly replicas: readonly string[]
}

export type Upstream = (asked: Asked, signal: AbortSignal) => Inspection | Promise<Inspection>

const unasked = () => Promise.reject(new Error('planning sends no call'))

/** Two backends: "oip" at an upstream, which cannot stream, and "echo" in the gateway, which can. */
export function fakeBackends(upstream: Upstream = () => ({ digest: 'sha256:1' })): ReadonlyMap<string, Backend> {
  const text = { type: 'string' } as const
  const oip: Backend = {
    name: 'oip',
    settings: { type: 'object', properties: { model: text, version: text } },
    addresses: () => ['embedded'],
    repeatable: true,
    withDefaults: (settings, model, version) => ({ model, version, ...settings }),
    inspect: async ({ settings, replicas }, signal) =>
      upstream({ model: String(settings.model), version: String(settings.version), replicas }, signal),
    predict: unasked,
    close: async () => {},
  }
  const echo: Backend = {
    ...oip,
    name: 'echo',
    settings: { type: 'object', properties: { words: text, answer: {} } },
    addresses: () => undefined,
    repeatable: true,
    withDefaults: (settings) => ({ words: 'text', ...settings }),
    inspect: async () => ({ digest: 'sha256:echo' }),
    stream: () => assert.fail('planning sends no call'),
  }
  return new Map([
    ['oip', oip],
    ['echo', echo],
  ])
}

export async function planYaml(
  yaml: string,
  current: StoredCatalog = emptyCatalog,
  backends: ReadonlyMap<string, Backend> = fakeBackends(),
): Promise<Plan> {
  const read = readManifest(yaml)
  if ('faults' in read) assert.fail(`the manifest cannot be read: ${JSON.stringify(read.faults)}`)
  const signal = new AbortController().signal
  return await planManifest({ ...read, current, backends, describe, expand, clock: systemClock, signal })
}

/** Of names, "dns+http://two:1" resolves to two addresses and any other to none. */
export async function expand(replicas: readonly string[]): Promise<readonly string[]> {
  return replicas.flatMap((entry) => {
    if (entry === 'dns+http://two:1') return ['http://10.0.0.1:1', 'http://10.0.0.2:1']
    if (!entry.startsWith('dns+')) return [entry]
    const message = 'none resolves to no address'
    throw new AstraError('invalid_manifest', { reason: message, violations: [{ path: 'replicas', message }] })
  })
}

/** Plans, and stores what came of it. */
export async function applied(
  yaml: string,
  current: StoredCatalog = emptyCatalog,
  backends: ReadonlyMap<string, Backend> = fakeBackends(),
): Promise<StoredCatalog> {
  const { next, faults } = await planYaml(yaml, current, backends)
  assert.deepEqual(faults, [])
  assert.ok(next)
  return { revision: current.revision + 1, time: 0, ...next }
}

export function contractOf({ state }: StoredCatalog, model = 'm', major = 1): ContractState {
  const contract = state.models[model]?.contracts[major]
  assert.ok(contract)
  return contract
}

/** "code @line path", the words aside. */
export function located(faults: readonly Fault[]): readonly string[] {
  return faults.map(({ code, line, path }) => `${code} @${line} ${path}`)
}

/** What callers would see: enough of it for differences. */
function describe(catalog: Catalog) {
  const contracts = catalog.modelNames().flatMap((name) => [...(catalog.model(name)?.contracts.values() ?? [])])
  const openapi = contracts.map(({ model, major, published }) => `${model} v${major} ${JSON.stringify(published)}`)
  return { openapi: openapi.join('\n'), sdl: catalog.modelNames().join('\n') }
}

/** "FP32 [-1, 2]" */
export function tensor(name: string, text: string): TensorSpec {
  const [datatype = '', shape = ''] = text.split(/ (?=\[)/)
  return { name, datatype: datatype as TensorSpec['datatype'], shape: JSON.parse(shape) }
}

export function tensors(inputs: Readonly<Record<string, string>>, outputs: Readonly<Record<string, string>>) {
  const specs = (of: Readonly<Record<string, string>>) => Object.entries(of).map(([name, text]) => tensor(name, text))
  return { inputs: specs(inputs), outputs: specs(outputs) }
}
