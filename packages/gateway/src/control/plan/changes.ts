import type { CatalogState, ContractState, VersionState } from '../../kernel/catalog.ts'
import type { Change } from '../operations/ports.ts'
import { canonical } from './digest.ts'

/** What differs between two states, named by what people call it. Things of one kind stand together. */
export function changesBetween(before: CatalogState, after: CatalogState): Change[] {
  const [was, will] = [describeState(before), describeState(after)]
  const changes: Change[] = []
  for (const what of new Set([...was.keys(), ...will.keys()])) {
    const [a, b] = [was.get(what), will.get(what)]
    if (a?.text === b?.text) continue
    changes.push({
      action: a === undefined ? 'add' : b === undefined ? 'remove' : 'change',
      what,
      ...(a === undefined ? {} : { before: a.text }),
      ...(b === undefined ? {} : { after: b.text }),
      breaking: b === undefined && a?.called === true,
    })
  }
  return changes
}

interface Described {
  readonly text: string
  /** Whether callers call it by name, so that taking it away refuses their calls. */
  readonly called: boolean
}

function describeState({ models, consumers }: CatalogState): Map<string, Described> {
  const things = new Map<string, Described>()
  const put = (what: string, text: string, called: boolean) => things.set(what, { text, called })
  for (const [name, { owner, description, defaultMajor, contracts }] of Object.entries(models)) {
    put(`model ${name}`, facts({ owner, description, default: `v${defaultMajor}` }), true)
    for (const [major, contract] of Object.entries(contracts)) {
      const id = `${name}@v${major}`
      put(`contract ${id}`, contractText(contract), true)
      for (const [version, state] of Object.entries(contract.versions))
        put(`version ${id} ${version}`, versionText(state), true)
      put(`traffic ${id}`, trafficText(contract), false)
    }
  }
  for (const [name, { description, demo }] of Object.entries(consumers))
    put(`consumer ${name}`, facts({ description, demo: demo || undefined }), true)
  return things
}

function contractText({ task, description, streams, revisions, examples, limits, deprecated }: ContractState): string {
  const count = examples.length || undefined
  return facts({
    task,
    revision: revisions.length,
    streams: streams || undefined,
    examples: count,
    ...limits,
    deprecated,
    description,
  })
}

function versionText({ revision, backend, settings, replicas, digest, immutable, retired }: VersionState): string {
  const state = retired ? { retired: retired.successor ?? 'no successor' } : {}
  const shown = replicas.length > 0 ? replicas.join(' ') : undefined
  return facts({
    ...state,
    backend,
    ...settings,
    replicas: shown,
    revision,
    digest: digest.slice(0, 19),
    floating: immutable ? undefined : true,
  })
}

function trafficText({ weights }: ContractState): string {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  const parts = Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1))
  return parts.map(([id, weight]) => `${id}: ${Number(((100 * weight) / total).toFixed(2))} %`).join(', ') || 'none'
}

/** `a: 1, b: text`; what is undefined is left out. */
function facts(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? canonical(value) : value}`)
    .join(', ')
}
