import { type Document, Lexer, LineCounter, parseDocument } from 'yaml'
import { explain } from '../../kernel/schema/explain.ts'
import { isJsonObject, pathKeys } from '../../kernel/schema/facets.ts'
import { meaningFaults } from './check-meaning.ts'
import { faultsIn } from './locate.ts'
import type { Manifest, Place, ReadManifest } from './manifest.ts'
import { manifestSchema } from './manifest-schema.ts'
import { nodeFaults } from './node-faults.ts'
import { syntaxFault } from './syntax-fault.ts'

/** 1,000 models take some 205,000; bounds what one request may make the parser do. */
const charactersMax = 512 * 1024
/** Brackets and braces within each other: the parser's time and stack grow with them. */
const flowDepthMax = 100
const tooDeep = 'nests too deeply'
const faultsMax = 100
/** Nodes that aliases may multiply to: against documents that unfold into millions. */
const aliasCountMax = 1000
/** YAML 1.2's core schema whatever the file says: dates stay text, `yes` is no boolean, and no type goes beyond JSON's. */
const dialect = {
  schema: 'core',
  resolveKnownTags: false,
  merge: false,
  uniqueKeys: false,
  logLevel: 'error',
  // Their pictures of the place would go unused, and take quadratic time.
  prettyErrors: false,
} as const

/** Reads and checks a manifest by itself, without looking at what is deployed: every fault, with its path and line. */
export function readManifest(yaml: string): ReadManifest {
  if (yaml.length > charactersMax) return whole(`is longer than ${charactersMax} characters`)
  if (flowsTooDeeply(yaml)) return whole(`nests brackets and braces more than ${flowDepthMax} deep`)
  try {
    return readShort(yaml)
  } catch (error) {
    // The stack ran out, in the parser or in what walks its tree: indentation can nest too.
    if (error instanceof RangeError) return whole(tooDeep)
    throw error
  }
}

function readShort(yaml: string): ReadManifest {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { ...dialect, lineCounter: lines })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const syntax = [...document.errors, ...document.warnings]
  // The parser makes a fault of its own stack's end.
  if (syntax.some(({ message }) => message.includes('Maximum call stack'))) return whole(tooDeep)
  const fault = syntaxFault(syntax, yaml, lineAt)
  if (fault) return { faults: [fault] }
  const nodes = nodeFaults(document, lineAt, faultsMax)
  const value = plainValue(document)
  if (value === undefined) {
    if (nodes.length === 0) return whole(`unfolds its aliases more than ${aliasCountMax} times`)
    return { faults: nodes.map(({ violation }) => violation) }
  }
  const faultAt = faultsIn(document, lineAt)
  const form = explain(manifestSchema, value, '', { violationsMax: faultsMax }).map(({ path, message, suggestion }) => {
    const place = pathKeys(path)
    return { place, violation: faultAt(place, message, suggestion) }
  })
  const told = new Set(nodes.map(({ violation }) => violation.path))
  const found = [...nodes, ...form.filter(({ violation }) => !told.has(violation.path))]
  const manifest = manifestOf(value)
  const meaning = meaningFaults(manifest, faultAt, soundness(found.map(({ place }) => place)))
  const faults = [...found.map(({ violation }) => violation), ...meaning]
  if (faults.length === 0) return { manifest, faultAt }
  return { faults: faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, faultsMax) }
}

/** Told by the lexer, which does not recurse and knows brackets from text. */
function flowsTooDeeply(yaml: string): boolean {
  let depth = 0
  for (const token of new Lexer().lex(yaml)) {
    if (token === '[' || token === '{') depth += 1
    if (token === ']' || token === '}') depth = Math.max(depth - 1, 0)
    if (depth > flowDepthMax) return true
  }
  return false
}

function whole(message: string): ReadManifest {
  return { faults: [{ path: '', message, line: 1 }] }
}

/** An empty file is an empty manifest. Undefined when an alias has no anchor, or when the aliases are a bomb. */
function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasCountMax }) ?? {}
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

/** Of a faulty form, the parts that are sound are manifest; the others are told apart by `soundness`. */
function manifestOf(value: unknown): Manifest {
  const { models, consumers, teams, issuers, prices, experiments } = isJsonObject(value) ? value : {}
  return {
    models: (isJsonObject(models) ? models : {}) as Manifest['models'],
    consumers: (isJsonObject(consumers) ? consumers : {}) as Manifest['consumers'],
    teams: (isJsonObject(teams) ? teams : {}) as Manifest['teams'],
    issuers: (isJsonObject(issuers) ? issuers : {}) as Manifest['issuers'],
    prices: (isJsonObject(prices) ? prices : {}) as Manifest['prices'],
    experiments: (isJsonObject(experiments) ? experiments : {}) as Manifest['experiments'],
  }
}

/** Whether nothing at a place or below it is at fault. */
function soundness(faulty: readonly Place[]): (place: Place) => boolean {
  const tainted = new Set(faulty.flatMap((place) => place.map((_, depth) => keyOf(place.slice(0, depth + 1)))))
  return (place) => !tainted.has(keyOf(place))
}

function keyOf(place: Place): string {
  return JSON.stringify(place)
}
