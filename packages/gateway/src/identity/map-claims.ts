import { hash } from 'node:crypto'
import { type Caller, callerOf } from '../kernel/caller.ts'
import type { CatalogState } from '../kernel/catalog-state.ts'
import { AstraError } from '../kernel/errors.ts'
import { isInternal } from '../kernel/internal-consumers.ts'
import type { ClaimMap, IssuerState, PermissionRule } from '../kernel/issuer-state.ts'
import { claimsInRules } from './claims-in-rules.ts'

export type Claims = Readonly<Record<string, unknown>>

/** Who a verified token's bearer is, as the issuer's declaration reads its claims. Throws `forbidden`. */
export function mapClaims(name: string, issuer: IssuerState, claims: Claims, state: CatalogState): Caller {
  const consumer = mapped('consumer', issuer.consumer, claims, name)
  if (consumer === undefined)
    throw refused(`The token has no claim "${issuer.consumer.claim}", which names its consumer here`, name)
  if (isInternal(consumer)) throw refused(`The consumer "${consumer}" is the gateway itself`, name)
  if (!Object.hasOwn(state.consumers, consumer))
    throw refused(`The token is of the consumer "${shown(consumer)}", which is not declared`, name)
  const team = issuer.team && mapped('team', issuer.team, claims, name)
  if (team !== undefined && !Object.hasOwn(state.teams ?? {}, team))
    throw refused(`The token is of the team "${shown(team)}", which is not declared`, name)
  const rules = issuer.permissions.filter((rule) => applies(rule, claims))
  if (rules.length === 0) throw refused('The token gives no permission here', name)
  const models = modelsOf(rules)
  const asked = claimsInRules(state)
  return {
    ...callerOf({
      id: subjectId(name, claims),
      consumer,
      permissions: rules.flatMap(({ permissions }) => permissions),
      createdAt: 0,
      ...(models ? { models } : {}),
    }),
    ...(team === undefined ? {} : { team }),
    ...(asked.length === 0 ? {} : { claims: Object.fromEntries(asked.map((path) => [path, valuesOf(claims, path)])) }),
    token: 'issued',
  }
}

/** Tells subjects apart in Records and the audit log without naming them: the SHA-256 of `sub`, cut short. */
function subjectId(name: string, { sub }: Claims): string {
  return typeof sub === 'string' ? `issuer:${name}:${hash('sha256', sub, 'hex').slice(0, 12)}` : `issuer:${name}`
}

/** Of several values the first that the table has, in the table's order; without a table there must be exactly one. */
function mapped(what: string, { claim, values }: ClaimMap, claims: Claims, issuer: string): string | undefined {
  const found = valuesOf(claims, claim)
  if (found.length === 0) return undefined
  if (!values) {
    if (found.length === 1) return found[0]
    throw refused(`The claim "${claim}" of the token has several values, and so names no ${what}`, issuer)
  }
  const known = Object.keys(values).find((value) => found.includes(value))
  if (known !== undefined) return values[known]
  throw refused(`The claim "${claim}" of the token has no value that names a ${what} here`, issuer)
}

function applies({ claim, value }: PermissionRule, claims: Claims): boolean {
  if (claim === undefined) return true
  const found = valuesOf(claims, claim)
  return value === undefined ? found.length > 0 : found.includes(value)
}

/**
 * Models bind calls. A rule that gives no right to call must not lift the bounds of one that does; where none does, what any
 * of them bounds stays bounded.
 */
function modelsOf(rules: readonly PermissionRule[]): readonly string[] | undefined {
  const calling = rules.filter(({ permissions }) => permissions.includes('infer') || permissions.includes('admin'))
  const counted = calling.length > 0 ? calling : rules
  const lists = counted.flatMap(({ models }) => (models ? [models] : []))
  if (calling.length > 0 && lists.length < calling.length) return undefined
  return lists.length === 0 ? undefined : [...new Set(lists.flat())]
}

/** The texts at a claim: its own, or those of its list. A claim whose name has dots in it wins over a path. */
function valuesOf(claims: Claims, claim: string): readonly string[] {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : claim.split('.').reduce<unknown>(member, claims)
  return [value].flat().filter((one) => typeof one === 'string' && one !== '') as string[]
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

function refused(detail: string, issuer: string): AstraError {
  return new AstraError('forbidden', {
    detail,
    next: `Ask an administrator: the manifest's issuer "${issuer}" says what tokens must claim.`,
  })
}

/** A claim is of the issuer's making, and may be anything. */
function shown(value: string): string {
  return value.slice(0, 64).replace(/[^ -~]/g, '?')
}
