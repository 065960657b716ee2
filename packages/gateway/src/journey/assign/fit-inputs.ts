import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { AssignedCall } from './assign.ts'

/** A call whose inputs fit its contract; in a batch, those that do. Only `fitInputs` makes one. */
export interface FittedCall extends AssignedCall {
  /** What goes upstream, and at which place of the caller's list it stood. */
  readonly inputs: readonly unknown[]
  readonly places: readonly number[]
  /** The items that will not go upstream, by place. */
  readonly misfits: ReadonlyMap<number, AstraError>
}

const none: ReadonlyMap<number, AstraError> = new Map()
const first = [0]

/** Holds the inputs against the contract before any backend sees them. A single misfit throws; in a batch it stands alone. */
export function fitInputs(assigned: AssignedCall): FittedCall {
  const { call, contract } = assigned
  if (call.stream && !contract.streams) throw new AstraError('not_streamable')
  if (call.stream && call.batch) {
    throw new AstraError('not_streamable', {
      detail: 'A stream answers one input',
      next: 'Send "input", or leave out "Accept: text/event-stream".',
    })
  }
  if (!call.batch) {
    const violations = contract.check.input(call.inputs[0], '/input')
    if (violations) throw misfit(violations)
    return { ...assigned, inputs: call.inputs, places: first, misfits: none }
  }
  return { ...assigned, ...sort(assigned) }
}

function sort({ call, contract }: AssignedCall): Pick<FittedCall, 'inputs' | 'places' | 'misfits'> {
  const { itemsMax } = contract.limits
  if (call.inputs.length > itemsMax) {
    throw new AstraError('too_many_items', { detail: `At most ${itemsMax} inputs fit into one call` })
  }
  if (call.inputs.length === 0) {
    throw new AstraError('invalid_input', {
      violations: [{ path: '/inputs', message: 'must hold at least one input' }],
    })
  }
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

function misfit(violations: readonly Violation[]): AstraError {
  // A typo shows as an unknown field and a missing one: the place that knows its remedy says more.
  const one = violations.find(({ suggestion }) => suggestion) ?? violations[0]
  const hint = one?.suggestion ? ` ${one.suggestion}` : ''
  return new AstraError('invalid_input', {
    ...(one ? { detail: `The input does not fit the contract: ${one.path} ${one.message}.${hint}` } : {}),
    violations,
  })
}
