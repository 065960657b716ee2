import { AstraError } from '../../../kernel/errors.ts'
import { nearest } from '../../../kernel/schema/nearest.ts'
import { parseJsonObject } from '../json-body.ts'

/** What the body of a predict call says: one input or several. */
export interface PredictBody {
  readonly inputs: readonly unknown[]
  readonly batch: boolean
}

const fields = ['input', 'inputs']

/** Reads `{"input": …}` or `{"inputs": […]}`. Throws `invalid_body` naming what is wrong. */
export function readPredictBody(bytes: Buffer): PredictBody {
  const body = parseJsonObject(bytes)
  const names = Object.keys(body)
  const [name] = names
  const unknown = names.find((field) => !fields.includes(field))
  if (unknown !== undefined) throw unknownField(unknown)
  if (names.length !== 1)
    throw new AstraError('invalid_body', { detail: 'The body must hold either "input" or "inputs"' })
  if (name === 'input') return { inputs: [body.input], batch: false }
  if (!Array.isArray(body.inputs)) throw new AstraError('invalid_body', { detail: '"inputs" must be a list' })
  return { inputs: body.inputs, batch: true }
}

function unknownField(field: string): AstraError {
  const meant = nearest(field, fields)
  return new AstraError('invalid_body', {
    detail: `The body has an unknown field "${field.slice(0, 64)}"`,
    next: meant
      ? `Did you mean "${meant}"?`
      : 'Send {"input": …} with the contract\'s own fields inside, or {"inputs": […]} for several.',
  })
}
