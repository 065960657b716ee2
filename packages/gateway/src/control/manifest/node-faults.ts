import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml'
import type { Violation } from '../../kernel/errors.ts'
import type { Place } from './manifest.ts'

export interface NodeFault {
  readonly place: Place
  readonly violation: Violation
}

/**
 * What is wrong before the form is looked at, as the form would not show it: keys that are not text (YAML reads an unquoted
 * 1.10 as the number 1.1, and so makes two versions one), keys that stand twice, numbers that JSON has not, aliases of nothing.
 */
export function nodeFaults(document: Document, lineAt: (offset: number) => number, faultsMax: number): NodeFault[] {
  const faults: NodeFault[] = []
  const anchors = new Set<string>()
  const report = (node: Node, place: Place, message: string, suggestion?: string) => {
    const line = node.range ? { line: lineAt(node.range[0]) } : {}
    const advice = suggestion === undefined ? {} : { suggestion }
    faults.push({ place, violation: { path: place.join('.'), message, ...advice, ...line } })
  }
  visit(document, (_, node, ancestors) => {
    if (faults.length >= faultsMax) return visit.BREAK
    if (isAlias(node)) {
      if (!anchors.has(node.source)) report(node, placeOf(ancestors, node), `is an alias of nothing: *${node.source}`)
    } else if (isNode(node)) {
      if (node.anchor) anchors.add(node.anchor)
      if (isMap(node)) checkKeys(node, placeOf(ancestors, node), lineAt, report)
      if (isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value)) {
        report(node, placeOf(ancestors, node), 'is no finite number')
      }
    }
    return undefined
  })
  return faults
}

type Report = (node: Node, place: Place, message: string, suggestion?: string) => void

function checkKeys(map: YAMLMap, place: Place, lineAt: (offset: number) => number, report: Report): void {
  const seen = new Map<string, number>()
  for (const { key } of map.items) {
    if (!isScalar(key) || typeof key.value !== 'string') {
      const text = keyText(key)
      report(
        isNode(key) ? key : map,
        [...place, text],
        'is a key that YAML does not read as text',
        `Quote it: "${text}".`,
      )
      continue
    }
    const before = seen.get(key.value)
    const line = lineAt(key.range?.[0] ?? 0)
    if (before === undefined) seen.set(key.value, line)
    else report(key, [...place, key.value], 'stands here twice', mergeWith(before, line))
  }
}

function mergeWith(before: number, line: number): string {
  return before === line ? 'Leave one of them out.' : `Merge it with line ${before}, or rename one of them.`
}

/** As the file has it: "1.10", which as a value is 1.1. */
function keyText(key: unknown): string {
  return isScalar(key) ? (key.source ?? String(key.value)) : String(key)
}

/** The keys and indices on the way from the top to a node. */
function placeOf(ancestors: readonly (Document | Node | Pair)[], node: Node): Place {
  return [...ancestors, node].flatMap((step, i) => {
    const parent = ancestors[i - 1]
    if (isPair(step)) return [keyText(step.key)]
    return isSeq(parent) ? [String(parent.items.indexOf(step))] : []
  })
}
