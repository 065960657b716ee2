/** What a command can end with besides success. `exitCode` is the process's: 1 refused, 2 usage, 3 unreachable. */
export class Failure extends Error {
  readonly exitCode: number
  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

/** All was said already. */
export class Exit extends Failure {}

/** The gateway refused. */
export class Refused extends Failure {
  readonly problem: Problem
  constructor(problem: Problem, message: string) {
    super(1, message)
    this.problem = problem
  }
}

/** The command line is wrong. */
export function usageFault(message: string): Failure {
  return new Failure(2, message)
}

export function unreachable(message: string): Failure {
  return new Failure(3, message)
}

/** The gateway's problem details (RFC 9457), or the SDK's error, which calls the places `violations`. */
export interface Problem {
  readonly code: string
  readonly detail?: string
  readonly title?: string
  readonly next?: string
  readonly callId?: string
  readonly retryAfterMs?: number
  readonly errors?: readonly Place[]
  readonly violations?: readonly Place[]
}

/** The gateway advises in the words of its REST door; here they are commands. */
const cliWords: readonly (readonly [rest: string, cli: string])[] = [
  ['GET /api/v1/deployments', '"astraapi models"'],
  ['GET /api/v1/calls', '"astraapi calls"'],
  ['GET /api/v1/keys', '"astraapi keys list"'],
  ['GET /api/v1/sets', '"astraapi sets"'],
  ['"Accept: text/event-stream"', '--stream'],
  ['(--admin-listen): ask the platform team for it.', '(--admin-listen): set ASTRA_ADMIN_LISTEN to it, or give --url.'],
  ['at the other one (--listen).', 'at the other one: give it with --url or --listen.'],
]

/** Fields of requests that were flags of the command line, by the flag where it has another name. */
const flagOf: Readonly<Record<string, string>> = {
  ...{ expiresAt: 'expires', expiresIn: 'expires', addresses: 'address', models: 'model', permissions: 'permission' },
  ...{ 'budget/day': 'budget-day', 'budget/month': 'budget-month', 'replay/version': 'from-version', sample: 'cases' },
  ...{ candidates: 'candidate', metrics: 'metric', guardrails: 'guardrail', shares: 'share', method: 'allocation' },
}
const flagFields = [
  ...['since', 'until', 'by', 'every', 'limit', 'before', 'beforeId', 'outcome', 'code', 'reference', 'version'],
  ...['models?', 'permissions?', 'note', 'overlap', 'expires(?:At|In)', 'addresses', 'requests', 'items', 'tokens'],
  ...['concurrent', 'budget/(?:day|month)', 'team', 'key', 'keyId', 'operation', 'target', 'unit', 'session', 'major'],
  ...[
    'candidates',
    'metrics',
    'guardrails',
    'shares',
    'ramp',
    'coverage',
    'control',
    'attribution',
    'alpha',
    'harmAlpha',
  ],
  ...['expectedUnits', 'minimalUnits', 'minimalDuration', 'maximalDuration', 'rule', 'cached', 'description'],
  ...[
    'allocation',
    'method',
    'least',
    'against',
    'set',
    'sample',
    'concurrency',
    'fallback',
    'hedge',
    'rules',
    'shadow',
  ],
]
const flagPath = new RegExp(
  `^/(?:(?:limits|allocation|replay)/(?!version))?(replay/version|${flagFields.join('|')})(?:/[\\w.-]+)*$`,
)
/** A flag that is given several times: which one is told. */
const requirePath = /^\/require\/([^/]+)(?:\/\w+)?$/

/** Says nothing where what is wrong is told already. */
const emptyAdvice = 'Correct the places that are named.'

interface Place {
  readonly path: string
  readonly message: string
  readonly suggestion?: string
  /** Of a manifest. */
  readonly line?: number
}

/** The gateway refused, or the model failed: what happened, each place, what to do, and the call to ask an operator about. */
export function refusal(problem: Problem): Refused {
  const { code, detail, title, errors, violations, next, callId, retryAfterMs } = problem
  // The SDK's places lie in a file, which has no flags.
  const all = errors?.map((place) => ({ ...place, path: inFlags(place.path) })) ?? violations ?? []
  // What the first line says already is not said twice.
  const said = ({ message }: Place) => detail?.includes(message) === true
  const places = all
    .filter((place) => place.suggestion !== undefined || !said(place))
    .map((place) => `  ${place.path || '/'}: ${sentences(said(place) ? '' : place.message, place.suggestion)}`)
  const lines = [`${told(problem) ?? title ?? 'The gateway refused'} (${code})`, ...places]
  if (next !== undefined && !(next === emptyAdvice && all.length === 1)) lines.push(inCliWords(next, retryAfterMs))
  if (callId !== undefined) lines.push(`Call ${callId}`)
  return new Refused(problem, lines.join('\n'))
}

/** The first place stands in the detail too: as a path, or as the name of a field at its beginning. */
function told({ detail, errors = [] }: Problem): string | undefined {
  return errors.reduce((text, { path }) => {
    const flag = inFlags(path)
    if (text === undefined || flag === path) return text
    const name = path.slice(1)
    return text.startsWith(`${name} `) ? flag + text.slice(name.length) : text.replace(path, () => flag)
  }, detail)
}

/** A message and its advice, each ended. */
export function sentences(message: string, suggestion = ''): string {
  return `${message === '' || /[.?!]$/.test(message) ? message : `${message}.`} ${suggestion}`.trim()
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string'
}

/** A header that was not shown is no help: the time itself is. */
function inCliWords(advice: string, retryAfterMs: number | undefined): string {
  const text = cliWords.reduce((text, [rest, cli]) => text.replaceAll(rest, cli), advice)
  if (retryAfterMs === undefined) return text
  return text.replace('Repeat after the time in Retry-After.', `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`)
}

function inFlags(path: string): string {
  const measure = requirePath.exec(path)?.[1]
  if (measure !== undefined) return `--require ${measure}`
  const field = flagPath.exec(path)?.[1]
  if (field === undefined) return path
  return `--${flagOf[field] ?? field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
