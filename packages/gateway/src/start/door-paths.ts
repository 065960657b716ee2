import type { FastifyReply, FastifyRequest } from 'fastify'
import { dialects } from '../dialects/dialects.ts'
import { anthropicDialects } from '../journey/accept/anthropic/mount-anthropic.ts'
import { frontPaths } from '../journey/accept/front-page.ts'
import { openaiDialects } from '../journey/accept/openai/mount-openai.ts'
import { anthropicEmit } from '../journey/emit/anthropic/anthropic-emit.ts'
import { nativeEmit } from '../journey/emit/native/native-emit.ts'
import { oipEmit } from '../journey/emit/oip/oip-emit.ts'
import { openaiEmit } from '../journey/emit/openai/openai-emit.ts'
import type { AstraError } from '../kernel/errors.ts'
import type { Dialect } from '../kernel/wire.ts'

/** The door of the Open Inference Protocol, and its alias where the protocol's clients look for it. */
export const oipPrefixes = ['/oip/v2', '/v2'] as const

/** The alias of both doors below, as clients of either protocol take it for granted. */
export const sharedWirePrefix = '/v1'
export const openaiPrefixes = ['/openai/v1', sharedWirePrefix] as const
export const anthropicPrefixes = ['/anthropic/v1', sharedWirePrefix] as const
/** Anthropic's clients add the "/v1" themselves, OpenAI's don't. */
const anthropicBase = '/anthropic'
const openaiBeginning = '/openai'
/** Anthropic's clients send it with every request, and no others do. */
export const anthropicHeader = 'anthropic-version'

/** Every path that answers without a key. This list is the whole of it. */
export const openPaths: ReadonlySet<string> = new Set([
  ...frontPaths,
  '/health/live',
  '/health/ready',
  ...atOip('/health/live', '/health/ready'),
])

/** What a listener serves: everything, or calls to models and what callers need, or management. */
export type Serves = 'all' | 'calls' | 'management'

const managementPaths = /^\/(api\/v1|metrics|dashboard)(\/|$)/

/** Where a path is served that this listener leaves to the other one. */
export function elsewhere(path: string, serves: Serves): string | undefined {
  if (serves === 'calls' && managementPaths.test(path))
    return 'This is management, which has an address of its own here (--admin-listen): ask the platform team for it.'
  if (serves === 'management' && !managementPaths.test(path))
    return 'This address serves management alone; models are called at the other one (--listen).'
  return undefined
}

/** The routes on which a request that is refused before its caller is known counts as a refused call. */
export const callRoutes: ReadonlySet<string> = new Set([
  '/models/:model/:major/predict',
  '/graphql',
  ...atOip('/models/:model/infer', '/models/:model/versions/:version/infer'),
  ...at(openaiPrefixes, openaiDialects),
  ...at(anthropicPrefixes, anthropicDialects),
])

type EmitError = (reply: FastifyReply, error: AstraError, callId: string | undefined) => FastifyReply

interface ErrorForm {
  readonly prefix: string
  /** Where two doors share the prefix: a header that only clients of this one send. */
  readonly header?: string
  readonly emit: EmitError
  /** What clients of the protocol are to be given as its address, after the host; in quotes. */
  readonly base?: string
}

const openaiForm = { emit: openaiEmit.error, base: `"${openaiPrefixes[0]}"` }
const anthropicForm = {
  emit: anthropicEmit.error,
  base: `"${anthropicBase}", or "${anthropicPrefixes[0]}" for a client that adds no "/v1" itself`,
}

/** The doors whose protocol has an error form of its own, by the paths below them: the first that fits. All else has the native door's. */
const errorForms: readonly ErrorForm[] = [
  ...oipPrefixes.map((prefix) => ({ prefix, emit: oipEmit.error })),
  { prefix: `${sharedWirePrefix}/messages`, ...anthropicForm },
  { prefix: sharedWirePrefix, header: anthropicHeader, ...anthropicForm },
  { prefix: sharedWirePrefix, ...openaiForm },
  // A base address with too little or too much at its end is told from a path of other doors by its beginning.
  { prefix: openaiBeginning, ...openaiForm },
  { prefix: anthropicBase, ...anthropicForm },
]

type Asked = Pick<FastifyRequest, 'url' | 'headers'>

/** Of the door that a path belongs to. */
export function errorFormOf(request: Asked): EmitError {
  return formOf(request)?.emit ?? nativeEmit.error
}

/** What to do about a path that is no route: its client was likely given another base address. Undefined where there is only one. */
export function pathAdvice(request: Asked): string | undefined {
  const base = formOf(request)?.base
  return base && `The base address of this API is, after the host, ${base}; its documentation lists the paths below.`
}

function formOf({ url, headers }: Asked): ErrorForm | undefined {
  const [path = ''] = url.split('?')
  return errorForms.find(
    ({ prefix, header }) =>
      (path === prefix || path.startsWith(`${prefix}/`)) && (header === undefined || headers[header] !== undefined),
  )
}

function atOip(...paths: readonly string[]): readonly string[] {
  return oipPrefixes.flatMap((prefix) => paths.map((path) => prefix + path))
}

function at(prefixes: readonly string[], spoken: readonly Dialect[]): readonly string[] {
  return prefixes.flatMap((prefix) => spoken.map((dialect) => prefix + dialects[dialect].path))
}
