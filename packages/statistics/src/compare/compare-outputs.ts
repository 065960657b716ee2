import { jsonDifference } from './json-difference.ts'
import { numberDistance, vectorDistance } from './number-distance.ts'
import { type ReadAnswer, readAnswer, type SchemaHint } from './read-answer.ts'
import { textDistance } from './text-distance.ts'

export type MeasureName = 'label' | 'number' | 'vector' | 'text' | 'json'

export interface Comparison {
  readonly agree: boolean
  /** 0 (the same) to 1. */
  readonly distance: number
  readonly measure: MeasureName
  readonly details: Readonly<Record<string, number | boolean | readonly string[]>>
}

export interface CompareOptions {
  /** The output's JSON Schema: an enumeration, a boolean or an integer is a label, everything else goes by its shape. */
  readonly schema?: SchemaHint
  /** The contract's own choice, if both answers can be read so; `json` always can. */
  readonly measure?: MeasureName
  /** Numbers agree up to this relative distance. Default 0.01. */
  readonly numberTolerance?: number
  /** Numbers agree up to this absolute distance, whatever the relative one. Default 1e-9. */
  readonly absoluteTolerance?: number
  /** Texts agree up to this distance of their wording. Default 0.1. */
  readonly textTolerance?: number
  /** Vectors agree up to this distance, (1 - cosine) / 2. Default 0.01. */
  readonly vectorTolerance?: number
}

/**
 * Compares two answers to one input, e.g. the served one with the shadow's, by the first measure that can read both: see
 * `readAnswer` for which shapes are read as what. Its cost is bounded for answers of any size.
 */
export function compareOutputs(a: unknown, b: unknown, options: CompareOptions = {}): Comparison {
  const [left, right] = [readAnswer(a, options.schema), readAnswer(b, options.schema)]
  for (const [measure, compare] of measures) {
    if (options.measure !== undefined && options.measure !== measure) continue
    const found = compare(left, right, options)
    if (found !== undefined) return { measure, ...found }
  }
  return { measure: 'json', ...compareJson(left.json ?? a, right.json ?? b, options) }
}

type Found = Omit<Comparison, 'measure'>
type Compare = (a: ReadAnswer, b: ReadAnswer, options: CompareOptions) => Found | undefined

const measures: readonly (readonly [MeasureName, Compare])[] = [
  ['label', compareLabels],
  ['number', compareNumbers],
  ['vector', compareVectors],
  ['text', compareTexts],
]

/** Other labels are at distance 1, equal ones as far apart as their scores. */
function compareLabels(a: ReadAnswer, b: ReadAnswer): Found | undefined {
  if (a.label === undefined || b.label === undefined) return undefined
  const agree = a.label === b.label
  if (a.score === undefined || b.score === undefined) return { agree, distance: agree ? 0 : 1, details: {} }
  const scoreDistance = Math.min(1, numberDistance(a.score, b.score).absolute)
  return { agree, distance: agree ? scoreDistance : 1, details: { scoreDistance } }
}

function compareNumbers(a: ReadAnswer, b: ReadAnswer, options: CompareOptions): Found | undefined {
  if (a.number === undefined || b.number === undefined) return undefined
  const { numberTolerance = 0.01, absoluteTolerance = 1e-9 } = options
  const { absolute, relative } = numberDistance(a.number, b.number)
  const agree = relative <= numberTolerance || absolute <= absoluteTolerance
  return { agree, distance: Math.min(1, relative), details: { absolute, relative } }
}

function compareVectors(a: ReadAnswer, b: ReadAnswer, { vectorTolerance = 0.01 }: CompareOptions): Found | undefined {
  if (a.vector === undefined || b.vector === undefined) return undefined
  const distance = vectorDistance(a.vector, b.vector)
  return { agree: distance <= vectorTolerance, distance, details: {} }
}

function compareTexts(a: ReadAnswer, b: ReadAnswer, { textTolerance = 0.1 }: CompareOptions): Found | undefined {
  if (a.text === undefined || b.text === undefined) return undefined
  const distance = textDistance(a.text, b.text)
  return { agree: distance <= textTolerance, distance, details: {} }
}

function compareJson(a: unknown, b: unknown, { numberTolerance = 0.01 }: CompareOptions): Found {
  const { leaves, differing, paths, cut } = jsonDifference(a, b, { tolerance: numberTolerance })
  return { agree: differing === 0, distance: differing / leaves, details: { leaves, differing, paths, cut } }
}
