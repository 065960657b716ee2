import { stringify } from 'yaml'
import type { CatalogState, ContractLimits, ContractState, ModelState, VersionState } from '../../kernel/catalog.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { taskTable } from '../../kernel/tasks.ts'
import { contractLimits, defaultMajor } from './defaults.ts'
import { durationText, sizeText } from './quantities.ts'

/** The manifest that makes this state: it reads back to it, with defaults left out where the state has them. */
export function writeManifest({ models, consumers }: CatalogState): string {
  return stringify(
    {
      models: mapValues(models, modelOut),
      consumers: mapValues(consumers, ({ description, demo }) => tidy({ description, demo: demo || undefined })),
    },
    { lineWidth: 120, aliasDuplicateObjects: false },
  )
}

function modelOut({ owner, description, defaultMajor: major, contracts }: ModelState): object {
  const usual = defaultMajor(Object.entries(contracts).map(([major, contract]) => [Number(major), contract]))
  return tidy({
    owner,
    description,
    default: major === usual ? undefined : `v${major}`,
    contracts: Object.fromEntries(
      Object.entries(contracts).map(([major, contract]) => [`v${major}`, contractOut(contract)]),
    ),
  })
}

function contractOut(contract: ContractState): object {
  const { description, streams, examples, limits, deprecated, versions, weights, revisions } = contract
  return tidy({
    ...taskOut(contract),
    description,
    earlier: revisions.length > 1 ? revisions.slice(0, -1).map(({ tensors: _, ...schemas }) => schemas) : undefined,
    streams: streams || undefined,
    examples: examples.length > 0 ? examples : undefined,
    limits: limitsOut(limits),
    deprecated,
    versions: mapValues(versions, (version) => versionOut(version, revisions.length)),
    traffic: Object.keys(weights).length > 0 ? { weights } : undefined,
  })
}

/** The fields that the task takes, read back out of the schemas that it made of them. */
function taskOut({ task, revisions }: ContractState): object {
  const latest = revisions.at(-1)
  const { takes } = taskTable[task]
  const fields = {
    labels: latest?.output.properties?.label?.enum,
    dimensions: latest?.output.properties?.embedding?.minItems,
    input: latest?.input,
    output: latest?.output,
    chunk: latest?.chunk,
  } satisfies Record<(typeof takes)[number], Schema | readonly unknown[] | number | undefined>
  const taken = Object.fromEntries(takes.map((field) => [field, fields[field]]))
  return { task: task === 'custom' ? undefined : task, ...taken }
}

function limitsOut(limits: ContractLimits): object | undefined {
  const { bodyBytesMax, itemsMax, timeoutMs, inFlightMax } = limits
  const differ = tidy({
    body: bodyBytesMax === contractLimits.bodyBytesMax ? undefined : sizeText(bodyBytesMax),
    items: itemsMax === contractLimits.itemsMax ? undefined : itemsMax,
    timeout: timeoutMs === contractLimits.timeoutMs ? undefined : durationText(timeoutMs),
    inFlight: inFlightMax === contractLimits.inFlightMax ? undefined : inFlightMax,
  })
  return Object.keys(differ).length > 0 ? differ : undefined
}

function versionOut({ backend, replicas, revision, settings, retired }: VersionState, latest: number): object {
  return tidy({
    backend,
    ...settings,
    replicas: replicas.length > 0 ? replicas : undefined,
    revision: revision === latest ? undefined : revision,
    retired,
  })
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

function tidy(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
