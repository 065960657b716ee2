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
  readonly errors?: readonly Place[]
  readonly violations?: readonly Place[]
}

/** The gateway advises in the words of its REST door; here they are commands. */
const cliWords: readonly (readonly [rest: string, cli: string])[] = [
  ['GET /api/v1/deployments', '"astraapi models"'],
  ['GET /api/v1/calls', '"astraapi calls"'],
  ['GET /api/v1/keys', '"astraapi keys list"'],
  ['"Accept: text/event-stream"', '--stream'],
]

/** Fields of requests that were flags of the command line. */
const flagPath =
  /^\/(since|until|by|every|limit|before|outcome|code|reference|version|model|permission|note)s?(\/\d+)?$/

interface Place {
  readonly path: string
  readonly message: string
  readonly suggestion?: string
}

/** The gateway refused, or the model failed: what happened, each place, what to do, and the call to ask an operator about. */
export function refusal({ code, detail, title, errors, violations, next, callId }: Problem): Failure {
  // The SDK's places lie in a file, which has no flags.
  const places = (errors?.map((place) => ({ ...place, path: inFlags(place.path) })) ?? violations ?? [])
    // What the first line says already is not said twice.
    .filter(({ message, suggestion }) => suggestion !== undefined || !detail?.includes(message))
    .map(({ path, message, suggestion }) => `  ${path || '/'}: ${sentences(message, suggestion)}`)
  // The first place stands in the detail too.
  const told = errors?.reduce((text, { path }) => text?.replace(path, () => inFlags(path)), detail) ?? detail
  const lines = [`${told ?? title ?? 'The gateway refused'} (${code})`, ...places]
  if (next !== undefined) lines.push(inCliWords(next))
  if (callId !== undefined) lines.push(`Call ${callId}`)
  return new Failure(1, lines.join('\n'))
}

/** A message and its advice, each ended. */
export function sentences(message: string, suggestion = ''): string {
  return `${/[.?!]$/.test(message) ? message : `${message}.`} ${suggestion}`.trimEnd()
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string'
}

function inCliWords(advice: string): string {
  return cliWords.reduce((text, [rest, cli]) => text.replaceAll(rest, cli), advice)
}

function inFlags(path: string): string {
  const flag = flagPath.exec(path)?.[1]
  return flag === undefined ? path : `--${flag}`
}
