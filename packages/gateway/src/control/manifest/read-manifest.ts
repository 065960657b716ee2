import { type Document, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml'
import type { Violation } from '../../kernel/errors.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import { semanticFaults } from './check-meaning.ts'
import type { FaultAt, Manifest, Place, ReadManifest } from './manifest.ts'
import { manifestSchema } from './manifest-schema.ts'

/** Far above any real manifest; bounds what one request may make the parser do. */
const bytesMax = 4 * 1024 * 1024
const faultsMax = 100
/** Nodes that aliases may multiply to: against documents that unfold into millions. */
const aliasCountMax = 1000

/** Reads and checks a manifest by itself, without looking at what is deployed: every fault, with its path and line. */
export function readManifest(yaml: string, _file: string): ReadManifest {
  if (yaml.length > bytesMax)
    return { faults: [{ path: '', message: `is longer than ${bytesMax} characters`, line: 1 }] }
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines, uniqueKeys: true, merge: false })
  const line = (offset: number) => lines.linePos(offset).line
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map(({ message, pos }) => ({ path: '', message: headline(message), line: line(pos[0]) })),
    }
  }
  const keys = keyFaults(document, line)
  if (keys.length > 0) return { faults: keys }
  const value = plainValue(document)
  if (value === undefined)
    return { faults: [{ path: '', message: `unfolds its aliases more than ${aliasCountMax} times`, line: 1 }] }

  const faultAt = faultsIn(document, line)
  const form = explain(manifestSchema, value, '', { violationsMax: faultsMax })
  if (form.length > 0)
    return { faults: form.map(({ path, message, suggestion }) => faultAt(pathKeys(path), message, suggestion)) }
  const { models = {}, consumers = {} } = value as Partial<Manifest>
  const manifest: Manifest = { models, consumers }
  const faults = semanticFaults(manifest, faultAt)
  return faults.length > 0 ? { faults: faults.slice(0, faultsMax) } : { manifest, faultAt }
}

/** `null` (an empty file) is an empty manifest. Undefined when the aliases are a bomb. */
function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasCountMax }) ?? {}
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

/** YAML reads an unquoted 1.10 as the number 1.1: keys must be text, or two versions become one. */
function keyFaults(document: Document, line: (offset: number) => number): Violation[] {
  const faults: Violation[] = []
  visit(document, {
    Pair(_, pair: Pair) {
      const { key } = pair
      if (isScalar(key) && typeof key.value === 'string') return
      const source = isScalar(key) ? (key.source ?? String(key.value)) : 'this key'
      faults.push({
        path: source,
        message: 'is a key that YAML does not read as text',
        suggestion: `Quote it: "${source}".`,
        ...at((key as Node | null)?.range, line),
      })
    },
  })
  return faults
}

function faultsIn(document: Document, line: (offset: number) => number): FaultAt {
  return (place, message, suggestion) => ({
    path: place.join('.'),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...at(rangeOf(document, place), line),
  })
}

/** The key of the place where it has one, else the nearest thing around it that stands in the file. */
function rangeOf(document: Document, place: Place): Node['range'] {
  for (let depth = place.length; depth > 0; depth--) {
    const parent = document.getIn(place.slice(0, depth - 1), true)
    const last = place[depth - 1]
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last)
      if (pair) return (pair.key as Node).range
    }
    const node = document.getIn(place.slice(0, depth).map(index), true) as Node | undefined
    if (node?.range) return node.range
  }
  return document.contents?.range
}

function index(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step
}

function at(range: Node['range'], line: (offset: number) => number): { line?: number } {
  return range ? { line: line(range[0]) } : {}
}

/** The parser's messages go on with a picture of the place; the line says it already. */
function headline(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
}
