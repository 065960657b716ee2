import { type AstraError, publicError, type Violation } from '../../../kernel/errors.ts'
import { pathKeys } from '../../../kernel/schema/facets.ts'

/** Statuses behind which an operator finds more than the caller is told. */
const withReason: ReadonlySet<number> = new Set([500, 502, 504])

/** The protocol has one string for an error: what is wrong, what to do about it, and what finds the rest. */
export function errorText(error: AstraError, callId: string | undefined): string {
  const { status, detail, next, violations = [] } = publicError(error)
  const trail = callId !== undefined && withReason.has(status) ? [`The call is ${callId}`] : []
  return [inTensors(detail, violations), next, ...trail].map(sentence).join(' ')
}

/** A journey's errors point into its list of items, which the caller never saw: they sent tensors. */
function inTensors(detail: string, violations: readonly Violation[]): string {
  const named = violations.find(({ path }) => path.startsWith('/inputs/') && detail.includes(path))
  return named ? detail.replace(named.path, () => tensorPlace(named.path)) : detail
}

/** "/inputs/3/pixels/5" is element 5 in row 3 of the input "pixels". */
function tensorPlace(path: string): string {
  const [, row, name, ...element] = pathKeys(path)
  const input = name === undefined ? 'the inputs' : `input "${name}"`
  return `${input}, row ${row}${element.length > 0 ? `, element [${element.join(', ')}],` : ''}`
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`
}
