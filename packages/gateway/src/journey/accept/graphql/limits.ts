import { Lexer, Source, TokenKind } from 'graphql'
import { AstraError } from '../../../kernel/errors.ts'
import type { Survey } from './survey.ts'

/** What one GraphQL request may ask for. The body's size is the HTTP server's limit, an input's the contract's. */
export const limits = {
  bytes: row(100_000, 'bytes'),
  tokens: row(5_000, 'tokens'),
  nesting: row(64, 'levels of brackets'),
  fragments: row(100, 'fragments'),
  fields: row(2_000, 'fields, fragments followed'),
  depth: row(15, 'levels of fields'),
  aliases: row(100, 'aliases'),
  models: row(50, 'models'),
  calls: row(50, 'calls of models'),
  introspections: row(2, 'selections of __schema or __type'),
  inputs: row(64 * 2 ** 20, 'bytes of inputs'),
} as const satisfies Record<string, Limit>

export interface Limit {
  readonly max: number
  readonly what: string
}

/** Counted before the parser runs, which recurses over brackets. Throws `query_too_costly`. */
export function limitText(query: string): void {
  refuseMoreThan(limits.bytes, query.length > limits.bytes.max ? query.length : Buffer.byteLength(query))
  const { tokens, nesting } = tokensOf(query)
  refuseMoreThan(limits.nesting, nesting)
  refuseMoreThan(limits.tokens, tokens)
}

/** Throws `query_too_costly`. */
export function limitSurvey(survey: Survey): void {
  refuseMoreThan(limits.fields, survey.fields)
  refuseMoreThan(limits.depth, survey.depth)
  refuseMoreThan(limits.aliases, survey.aliases)
  refuseMoreThan(limits.models, survey.models.size)
  refuseMoreThan(limits.calls, survey.calls)
  refuseMoreThan(limits.introspections, survey.introspections)
}

/** A variable of 10 MB that fifty calls use is 500 MB of inputs. Throws `query_too_costly`. */
export function limitInputs(bodyBytes: number, copies: number): void {
  const { max, what } = limits.inputs
  refuseMoreThan(
    { max, what: `${what} (a body of ${bodyBytes} for ${copies} calls or uses of a variable)` },
    bodyBytes * copies,
  )
}

export function refuseMoreThan({ max, what }: Limit, count: number): void {
  if (count <= max) return
  throw new AstraError('query_too_costly', { detail: `The request has ${count} ${what}; at most ${max} are allowed` })
}

const opening: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const closing: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

/** What can't be read ends the count: the parser will say what is wrong with it. */
function tokensOf(query: string): { tokens: number; nesting: number } {
  const lexer = new Lexer(new Source(query))
  let tokens = 0
  let depth = 0
  let nesting = 0
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      tokens++
      if (opening.has(token.kind)) nesting = Math.max(nesting, ++depth)
      else if (closing.has(token.kind)) depth--
    }
  } catch {}
  return { tokens, nesting }
}

function row(max: number, what: string): Limit {
  return { max, what }
}
