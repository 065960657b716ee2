import { type AstraError, type ErrorCode, publicError, type Violation } from '../../../kernel/errors.ts'
import { pathKeys } from '../../../kernel/schema/facets.ts'

/** An error as the protocols of language models have room for it: one text, and one place. */
export interface ToldError {
  readonly code: ErrorCode
  readonly status: number
  /** What is wrong and where, what to do about it, and what finds the rest. */
  readonly message: string
  /** The first place that is named: "messages[0].content". */
  readonly place: string | undefined
}

/** Statuses behind which an operator finds more than the caller is told. */
const withReason: ReadonlySet<number> = new Set([500, 502, 504])
const placesMax = 3

/** Clients of these protocols take 422 and 406 for no error of theirs, and repeat a 501 as they repeat every 5xx. */
const statuses: Readonly<Record<number, number>> = { 406: 400, 422: 400, 501: 400 }

/** What to do about an error, where the table's own advice is for other doors. */
export type Advice = Readonly<Partial<Record<ErrorCode, string>>>

const modelsAdvice = 'GET the path "models" of this API for those that this key may use.'
const advice: Advice = {
  not_streamable: 'Leave out "stream".',
  unknown_model: modelsAdvice,
  unknown_major: modelsAdvice,
  unknown_route: 'The documentation of this door lists its paths.',
}

/** `own`: what one protocol advises otherwise than the others. */
export function tellError(
  error: AstraError,
  callId: string | undefined,
  own: Advice = {},
  shown = publicError(error),
): ToldError {
  const { code, status, title, detail, violations = [] } = shown
  const next = error.facts.next ?? own[code] ?? advice[code] ?? shown.next
  const named = violations.find(({ path }) => path !== '' && detail.includes(path))
  const what = named ? detail.replace(named.path, () => placeOf(named)) : detail
  // A detail of its own says what is wrong; the title alone does not.
  const where = detail === title ? violations.slice(0, placesMax).map(violationText) : []
  const trail = callId !== undefined && withReason.has(status) ? [`The call is ${callId}`] : []
  return {
    code,
    status: statuses[status] ?? status,
    message: [what, ...where, next, ...trail].map(sentence).join(' '),
    place: violations[0] && placeOf(violations[0]),
  }
}

function violationText(violation: Violation): string {
  const { message, suggestion } = violation
  return `${placeOf(violation)} ${message}${suggestion ? `. ${suggestion}` : ''}`
}

/** "/messages/0/content" is messages[0].content. */
function placeOf({ path }: Violation): string {
  if (path !== '' && !path.startsWith('/')) return path
  const place = pathKeys(path).reduce(
    (text, key) => text + (/^\d+$/.test(key) ? `[${key}]` : `${text && '.'}${key}`),
    '',
  )
  return place || 'the input'
}

const sentenceEnds = ['.', '?', '!']

function sentence(text: string): string {
  return sentenceEnds.includes(text.slice(-1)) ? text : `${text}.`
}
