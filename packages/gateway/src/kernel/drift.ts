import {
  addCategories,
  addCategory,
  addNumber,
  addNumbers,
  categoryTotal,
  type DriftSketch,
  emptyCategorySketch,
  emptyNumberSketch,
} from '@astraapi/statistics'
import type { DriftFeature } from './contract-policies.ts'

/** What a feature's values are counted as. */
export type DriftKind = DriftSketch['kind']

/** One number or category of an item's input or output. */
export interface Feature {
  /** For people: the manifest's, or "input.text.length". */
  readonly name: string
  /** What it is, whatever it is called: its values are kept under this. */
  readonly key: string
  readonly of: DriftFeature['of']
  readonly kind: DriftKind
  /** Of the whole input or output; undefined where it has none. */
  readonly read: (value: unknown) => number | string | undefined
  /** The number that a counted one stands for; left out: itself. It keeps their order. */
  readonly shown?: (counted: number) => number
}

/** Of one version's calls in one hour. */
export interface DriftPlace {
  readonly model: string
  readonly major: number
  /** Id of the version that answered. */
  readonly version: string
  /** Hours since the Unix epoch (UTC). */
  readonly hour: number
  /** Of the first calls of the version, which are its reference where no days are declared. */
  readonly first: boolean
}

/** The values that one feature had there. */
export interface DriftPart extends DriftPlace {
  /** As `Feature.key`. */
  readonly feature: string
  readonly sketch: DriftSketch
}

/** Hours from (inclusive), to (exclusive), of all versions of a contract. */
export interface DriftQuery {
  readonly model: string
  readonly major: number
  readonly from: number
  readonly to: number
  /** Left out: the first calls of a version and those after them. */
  readonly first?: boolean
  /** Of these two versions alone, and of each feature those hours alone in which both have some. Left out: all. */
  readonly both?: readonly [string, string]
}

/** All the hours of a query together. */
export interface DriftSum {
  readonly version: string
  readonly feature: string
  readonly sketch: DriftSketch
}

/** A contract whose sketches are still of use. */
export interface DriftKept {
  readonly model: string
  readonly major: number
  /** Their first calls stay, however old. */
  readonly versions: readonly string[]
  /** Hours of declared days, which stay too. */
  readonly reference?: { readonly from: number; readonly to: number }
}

/** Sketches add up over hours, restarts and gateways: parts that are sent twice, as the answer to the first was lost, count twice. */
export interface DriftStore {
  /** Adds to what is kept. Resolves when it is durable. */
  add(parts: readonly DriftPart[]): Promise<void>
  sums(query: DriftQuery): Promise<readonly DriftSum[]>
  /** Lets go of the hours before this one, but for what is kept. */
  forget(before: number, kept: readonly DriftKept[]): Promise<void>
}

/** Why something of a call was not counted. */
export type DriftDropReason =
  /** As many sketches in memory as may be, or too many calls followed at once. */
  | 'full'
  /** The input, or the answer, is longer than what is read. */
  | 'too-large'
  /** It cannot be read. */
  | 'form'

/** Since this gateway started. */
export interface DriftDrops {
  readonly model: string
  readonly major: number
  readonly reason: DriftDropReason
  readonly calls: number
}

export interface DriftReports {
  /** What was counted last is among it. Rejects with `store_unavailable`. */
  sums(query: DriftQuery): Promise<readonly DriftSum[]>
  drops(): readonly DriftDrops[]
}

export const hourMs = 3_600_000

/** One per cent between the bounds of a bucket, over nine decades at least; a hundred categories. Some KB at most, whatever callers send. */
const numberBounds = { relativeError: 0.01, bucketsMax: 1024 }
const categoriesMax = 100

export function emptySketch(kind: DriftKind): DriftSketch {
  return kind === 'numbers' ? emptyNumberSketch(numberBounds) : emptyCategorySketch(categoriesMax)
}

/**
 * A value that has not the sketch's kind counts as missing: "(none)" among categories, where it is a value like any other. In place.
 * Tells whether it is among the values.
 */
export function countValue(sketch: DriftSketch, value: number | string | undefined): boolean {
  if (sketch.kind === 'categories') {
    addCategory(sketch, typeof value === 'string' ? value : '(none)')
    return true
  }
  const number = typeof value === 'number' ? value : Number.NaN
  addNumber(sketch, number)
  return Number.isFinite(number)
}

/** Values counted, those of numbers that were missing left out. */
export function valuesIn(sketch: DriftSketch): number {
  return sketch.kind === 'categories' ? categoryTotal(sketch) : sketch.count
}

/** Values counted, those that were missing among them. */
export function rowsOf(sketch: DriftSketch): number {
  return sketch.kind === 'categories' ? categoryTotal(sketch) : sketch.count + sketch.missing
}

/**
 * Adds the newer to the older, in place, and gives the sum. Those that do not fit together, as another release counted otherwise, have
 * none: what is newer stays.
 */
export function addSketch(older: DriftSketch, newer: DriftSketch): DriftSketch {
  try {
    if (older.kind === 'numbers' && newer.kind === 'numbers') addNumbers(older, newer)
    else if (older.kind === 'categories' && newer.kind === 'categories') addCategories(older, newer)
    else return newer
    return older
  } catch {
    // Made with other bounds.
    return newer
  }
}
