import type { Call } from '../../kernel/call.ts'
import type { Contract, Version } from '../../kernel/catalog.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { Dialect } from '../../kernel/wire.ts'
import type { AssignedCall } from './assign.ts'

/** A call whose inputs fit its contract; in a batch, those that do. Only `fitInputs` makes one. */
export interface FittedCall extends AssignedCall {
  readonly way: Way
  /** What goes upstream, and at which place of the caller's list it stood. Empty on every other way than by its inputs. */
  readonly inputs: readonly unknown[]
  readonly places: readonly number[]
  /** The items that will not go upstream, by place. */
  readonly misfits: ReadonlyMap<number, AstraError>
  /** What of its time limit is over: it waited for a text's vector, an equal call or a place. */
  readonly waitedMs: number
}

/**
 * How the assigned version is asked: by inputs that fit the contract; by the request's own bytes, which are upstream's to judge; or
 * not at all, as the answer is made here (`WireRequest.here`).
 */
export type Way = 'inputs' | 'relay' | 'here'

/** Whether what runs this version speaks a dialect itself. */
export type Relays = (version: Version, dialect: Dialect) => boolean

const none: ReadonlyMap<number, AstraError> = new Map()
const first = [0]
const unheld = { inputs: [], places: [], misfits: none, waitedMs: 0 } as const

/** Holds the inputs against the contract before any backend sees them. A single misfit throws; in a batch it stands alone. */
export function fitInputs(assigned: AssignedCall, relays: Relays): FittedCall {
  const { call, contract, version } = assigned
  if (call.stream && !contract.streams) throw new AstraError('not_streamable')
  if (call.wire) {
    holdToLimit(call.wire.items, contract)
    if (relays(version, call.wire.dialect)) return { ...assigned, ...unheld, way: 'relay' }
    if (call.wire.here && !call.stream) return { ...assigned, ...unheld, way: 'here' }
  }
  if (call.stream && call.batch) {
    throw new AstraError('not_streamable', {
      detail: 'A stream answers one input',
      next: call.wire
        ? 'Send one input, or leave out "stream".'
        : 'Send "input", or leave out "Accept: text/event-stream".',
    })
  }
  if (call.wire) {
    const inputs = canonicalInputs(call.wire.canonical(), call, contract)
    return { ...assigned, inputs, places: inputs.map((_, place) => place), misfits: none, waitedMs: 0, way: 'inputs' }
  }
  if (!call.batch) {
    const violations = contract.check.input(call.inputs[0], '/input')
    if (violations) throw misfit(violations)
    return { ...assigned, inputs: call.inputs, places: first, misfits: none, waitedMs: 0, way: 'inputs' }
  }
  return { ...assigned, ...sort(assigned), waitedMs: 0, way: 'inputs' }
}

/** The inputs of a request in a dialect, which succeed or fail as a whole. Throws `invalid_input` for those that do not fit. */
export function canonicalInputs(inputs: readonly unknown[], { batch }: Call, { check }: Contract): readonly unknown[] {
  inputs.forEach((input, place) => {
    const violations = check.input(input, batch ? `/${place}` : '')
    if (violations) throw misfit(violations)
  })
  return inputs
}

function sort({ call, contract }: AssignedCall): Pick<FittedCall, 'inputs' | 'places' | 'misfits'> {
  holdToLimit(call.inputs.length, contract)
  if (call.inputs.length === 0) throw misfit([{ path: '/inputs', message: 'must hold at least one input' }])
  const inputs: unknown[] = []
  const places: number[] = []
  const misfits = new Map<number, AstraError>()
  call.inputs.forEach((input, place) => {
    const violations = contract.check.input(input, `/inputs/${place}`)
    if (violations && call.allOrNothing) throw misfit(violations)
    if (violations) misfits.set(place, misfit(violations))
    else {
      inputs.push(input)
      places.push(place)
    }
  })
  return { inputs, places, misfits }
}

function holdToLimit(items: number, { limits: { itemsMax } }: Contract): void {
  if (items > itemsMax) {
    throw new AstraError('too_many_items', { detail: `At most ${itemsMax} inputs fit into one call` })
  }
}

function misfit(violations: readonly Violation[]): AstraError {
  // A typo shows as an unknown field and a missing one: the place that knows its remedy says more.
  const one = violations.find(({ suggestion }) => suggestion) ?? violations[0]
  const hint = one?.suggestion ? ` ${one.suggestion}` : ''
  return new AstraError('invalid_input', {
    ...(one ? { detail: `The input does not fit the contract: ${one.path} ${one.message}.${hint}` } : {}),
    violations,
  })
}
