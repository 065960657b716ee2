import { setNameCharactersMax, setNamePattern, setNameWords } from '../../kernel/case-set.ts'
import type { Gate, GateBound } from '../../kernel/contract-policies.ts'
import type { Violation } from '../../kernel/errors.ts'
import { boundFault, casesMax, type EvaluationMeasure, evaluationMeasures, isMeasure } from '../../kernel/evaluation.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { closed, list, map } from './forms.ts'
import type { FaultAt, ManifestContract, Place } from './manifest.ts'
import { durationText, parseDuration } from './quantities.ts'

/** What a version is to come to on a set of cases, as people write it. */
export interface ManifestGate {
  /** The name of a set; one that ends in `.jsonl` is that of the file, too, as seen from the manifest. */
  readonly data: string
  readonly cases?: number
  readonly require: Readonly<Record<string, ManifestBound>>
}

/** Times as durations, everything else as numbers. */
export interface ManifestBound {
  readonly min?: number | string
  readonly max?: number | string
  readonly drop?: number | string
}

const gatesMax = 10
const quantity: Schema = {
  oneOf: [
    { type: 'string', minLength: 1, maxLength: 40 },
    { type: 'number', minimum: 0 },
  ],
}

export const gatesForm: Schema = list(
  closed(
    {
      // Read by `setName` first.
      data: {
        type: 'string',
        minLength: 1,
        maxLength: setNameCharactersMax,
        examples: ['heldout.jsonl'],
        description: 'A file beside the manifest, or the name of a set that is kept',
      },
      require: map({ ...closed({}, { min: quantity, max: quantity, drop: quantity }), minProperties: 1 }, 1),
    },
    { cases: { type: 'integer', minimum: 1, maximum: casesMax } },
  ),
  gatesMax,
)

const name = new RegExp(setNamePattern)

/** The set that `data` stands for: "./heldout.jsonl" and "heldout.jsonl" are one file. */
export function setName(data: string): string {
  return data.replace(/^(\.\/)+/, '')
}

export function gateFaults({ gates = [] }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  return gates.flatMap(({ data, require }, i) => {
    const at = [...place, 'gates', String(i)]
    const bounds = Object.entries(require).flatMap(([measure, bound]) =>
      boundFaults(measure, bound, [...at, 'require', measure], faultAt),
    )
    if (name.test(setName(data))) return bounds
    const message = `must be the name of a set, or of a file as seen from the manifest: ${setNameWords}`
    return [faultAt([...at, 'data'], message), ...bounds]
  })
}

function boundFaults(measure: string, bound: ManifestBound, at: Place, faultAt: FaultAt): Violation[] {
  const measures = Object.keys(evaluationMeasures)
  if (!isMeasure(measure)) {
    const { suggestion = `There are ${measures.join(', ')}.` } = didYouMean(measure, measures)
    return [faultAt(at, 'is nothing that an evaluation measures', suggestion)]
  }
  const faults = Object.entries(bound).flatMap(([side, value]) => {
    const wrong = valueFault(measure, value)
    return wrong === undefined ? [] : [faultAt([...at, side], wrong)]
  })
  if (faults.length > 0) return faults
  const { min, max } = boundOf(measure, bound)
  return min === undefined || max === undefined || min <= max
    ? []
    : [faultAt([...at, 'min'], `must be at most max, ${bound.max}`)]
}

function valueFault(measure: EvaluationMeasure, value: number | string): string | undefined {
  if (evaluationMeasures[measure].unit === 'ms') {
    return typeof value === 'string' && parseDuration(value) !== undefined
      ? undefined
      : 'must be a duration such as 200ms or 2s'
  }
  return typeof value === 'string' ? 'must be a number' : boundFault(measure, value)
}

export function gateOf({ data, cases, require }: ManifestGate): Gate {
  return withoutUndefined({
    data: setName(data),
    cases,
    require: Object.fromEntries(Object.entries(require).map(([measure, bound]) => [measure, boundOf(measure, bound)])),
  })
}

function boundOf(measure: string, bound: ManifestBound): GateBound {
  const ms = isMeasure(measure) && evaluationMeasures[measure].unit === 'ms'
  const numberOf = (value: number | string) => (ms ? parseDuration(String(value)) : Number(value))
  return mapped(bound, numberOf)
}

export function gateOut({ data, cases, require }: Gate): ManifestGate {
  return withoutUndefined({
    data,
    cases,
    require: Object.fromEntries(
      Object.entries(require).map(([measure, bound]) => {
        const ms = isMeasure(measure) && evaluationMeasures[measure].unit === 'ms'
        return [measure, mapped(bound, (value) => (ms ? durationText(value) : value))]
      }),
    ),
  })
}

function mapped<A, B>({ min, max, drop }: Sides<A>, map: (value: A) => B): Sides<NonNullable<B>> {
  const one = (value: A | undefined) => (value === undefined ? undefined : (map(value) ?? undefined))
  return withoutUndefined({ min: one(min), max: one(max), drop: one(drop) })
}

interface Sides<T> {
  readonly min?: T
  readonly max?: T
  readonly drop?: T
}
