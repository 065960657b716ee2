import type { CatalogState, ContractState, Price, VersionState } from '../../kernel/catalog-state.ts'
import type { Shadow } from '../../kernel/contract-policies.ts'
import type { Limits } from '../../kernel/limits.ts'
import { publishedOf } from '../catalog/build-catalog.ts'
import { driftText } from '../manifest/drift.ts'
import { gateOut } from '../manifest/gates.ts'
import { durationText } from '../manifest/quantities.ts'
import type { Change } from '../operations/ports.ts'
import { captureText } from './check-capture.ts'
import { digestOf } from './digest.ts'
import { experimentText, ruleText } from './experiment-text.ts'
import { facts } from './facts.ts'
import { judgesText } from './judge-notes.ts'
import { cacheText, consumerText, issuerText, limitsText } from './policy-text.ts'

/** What differs between two states, named by what people call it; empty only when nothing does. Things of one kind stand together. */
export function changesBetween(before: CatalogState, after: CatalogState): Change[] {
  const [was, will] = [thingsOf(before), thingsOf(after)]
  const changes: Change[] = []
  for (const what of new Set([...was.keys(), ...will.keys()])) {
    const [a, b] = [was.get(what), will.get(what)]
    if (a?.text === b?.text) continue
    changes.push({
      action: a === undefined ? 'add' : b === undefined ? 'remove' : 'change',
      what,
      ...(a === undefined ? {} : { before: a.text }),
      ...(b === undefined ? {} : { after: b.text }),
      breaking: a?.promises.some((promise, i) => (b?.promises[i] ?? 0) < promise) ?? false,
    })
  }
  return changes
}

interface Thing {
  /** All that it is: two things are the same when their texts are. */
  readonly text: string
  /** What callers count on: numbers that must not go down, and are 0 when it goes. */
  readonly promises: readonly number[]
}

/** That it is there at all. */
const existence = 1

function thingsOf(state: CatalogState): Map<string, Thing> {
  const { models, consumers, teams = {}, issuers = {}, prices = {}, experiments = {} } = state
  const things = new Map<string, Thing>()
  const put = (what: string, text: string, promises: readonly number[] = [existence]) =>
    things.set(what, { text, promises })
  /** Things of their own, as they come and go without what they are of; what they were is no promise. */
  const putLimits = (owner: string, limits: Limits | undefined) =>
    limits && put(`limits of ${owner}`, limitsText(limits), [])
  for (const [name, { owner, description, defaultMajor, contracts, limits }] of Object.entries(models)) {
    put(`model ${name}`, facts({ owner, default: `v${defaultMajor}`, description }))
    putLimits(`model ${name}`, limits)
    for (const [major, contract] of Object.entries(contracts)) {
      const id = `${name}@v${major}`
      const { bodyBytesMax, itemsMax, timeoutMs } = contract.limits
      put(`contract ${id}`, contractText(contract), [bodyBytesMax, itemsMax, timeoutMs])
      for (const [version, state] of Object.entries(contract.versions)) {
        put(`version ${id} ${version}`, versionText(state), [existence, state.retired ? 0 : 1])
        putLimits(`version ${id} ${version}`, state.limits)
      }
      put(`traffic ${id}`, trafficText(contract), [publishedOf(contract)])
      if (contract.metrics) put(`metrics ${id}`, facts({ ...contract.metrics }), [])
      if (contract.gates) put(`gates ${id}`, contract.gates.map((gate) => facts({ ...gateOut(gate) })).join('; '), [])
      if (contract.drift) put(`drift ${id}`, driftText(contract.drift), [])
      if (contract.judges) put(`judges ${id}`, judgesText(contract.judges), [])
      if (contract.cache) put(`cache ${id}`, cacheText(contract.cache), [])
      if (contract.capture) put(`capture ${id}`, captureText(contract.capture), [])
    }
  }
  for (const [name, { description, limits }] of Object.entries(teams)) {
    put(`team ${name}`, facts({ description }), [])
    putLimits(`team ${name}`, limits)
  }
  for (const [name, consumer] of Object.entries(consumers)) {
    put(`consumer ${name}`, consumerText(consumer))
    putLimits(`consumer ${name}`, consumer.limits)
  }
  for (const [name, issuer] of Object.entries(issuers)) put(`issuer ${name}`, issuerText(issuer))
  for (const [name, dated] of Object.entries(prices)) put(`price ${name}`, dated.map(priceText).join('; '), [])
  for (const [name, one] of Object.entries(experiments)) put(`experiment ${name}`, experimentText(one), [])
  return things
}

function contractText({ task, description, streams, revisions, examples, limits, deprecated }: ContractState): string {
  return facts({
    task,
    revision: revisions.length,
    streams: streams || undefined,
    examples: examples.length || undefined,
    ...limits,
    deprecated,
    // Schemas and examples are too long to be told; the plan shows them as OpenAPI and SDL.
    content: digestOf({ revisions, examples }).slice(0, 19),
    description,
  })
}

function versionText({ revision, backend, settings, replicas, digest, immutable, retired }: VersionState): string {
  return facts({
    retired: retired && (retired.successor ?? 'no successor'),
    backend,
    ...settings,
    replicas: replicas.length > 0 ? replicas.join(' ') : undefined,
    revision,
    digest: digest.slice(0, 19),
    floating: immutable ? undefined : true,
  })
}

function trafficText({ weights, fallback, hedge, rules = [], shadow }: ContractState): string {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  const parts = Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1))
  const split = parts.map(([id, weight]) => `${id}: ${percent(weight / total)}`).join(', ') || 'none'
  return [
    split,
    ...(fallback ? [`fallback: ${fallback.join(', ')}`] : []),
    ...(hedge ? [`hedge: after ${durationText(hedge.afterMs)}, at most ${percent(hedge.share)}`] : []),
    ...rules.map(ruleText),
    ...(shadow ? [shadowText(shadow)] : []),
  ].join('; ')
}

function shadowText({ version, share, compare = {} }: Shadow): string {
  const { measure, tolerance, ignore } = compare
  return [
    `shadow: ${percent(share)} copied to ${version}`,
    ...(measure ? [`compared by ${measure}`] : []),
    ...(tolerance === undefined ? [] : [`alike up to ${tolerance}`]),
    ...(ignore ? [`without ${ignore.join(' ')}`] : []),
  ].join(', ')
}

/** USD per million. */
function priceText({ from, ...usd }: Price): string {
  return `from ${from}: ${facts(usd)}`
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(6))} %`
}
