import { readFile } from 'node:fs/promises'
import { usageFault } from './failures.ts'
import type { Io } from './io.ts'
import type { Hedge, Rule, ShadowOf } from './platform.ts'

export type Weights = Readonly<Record<string, number>>

/** What of a contract's traffic is set; the rest stays. */
export interface Change {
  readonly weights?: Weights
  readonly fallback?: readonly string[]
  readonly hedge?: Hedge
  readonly rules?: readonly Rule[]
  readonly shadow?: ShadowOf
}

export interface ChangeOptions {
  readonly fallback?: string
  readonly hedge?: string
  readonly rules?: string
  readonly shadow?: string
}

/** As a command line asks for it. */
export async function changeOf(given: readonly string[], options: ChangeOptions, io: Io): Promise<Change> {
  const { fallback, hedge, rules, shadow } = options
  return {
    ...(given.length > 0 ? { weights: weightsOf(given) } : {}),
    ...(fallback === undefined ? {} : { fallback: fallback === 'none' ? [] : fallback.split(',') }),
    ...(hedge === undefined ? {} : { hedge: hedgeOf(hedge) }),
    ...(rules === undefined ? {} : { rules: rules === 'none' ? [] : await readRules(rules, io) }),
    ...(shadow === undefined ? {} : { shadow: shadowOf(shadow) }),
  }
}

/** The API knows a share of 0 for none. */
function hedgeOf(text: string): Hedge {
  if (text === 'none') return { afterMs: 1, share: 0 }
  const [, time, unit, percents] = /^(\d{1,7})(ms|s),(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? []
  if (time === undefined) throw usageFault(`"${text}" is no hedge. Give it like 800ms,5%.`)
  return { afterMs: Number(time) * (unit === 's' ? 1000 : 1), share: Number(percents) / 100 }
}

function shadowOf(text: string): ShadowOf {
  if (text === 'none') return { version: '', share: 0 }
  // "1.1=10" could mean 10 % or be a mistake for a share: it is neither.
  const [, version, percents, share] = /^(.+)=(?:(\d{1,3}(?:\.\d+)?)%|(0?\.\d+))$/.exec(text) ?? []
  if (version === undefined) throw usageFault(`"${text}" is no shadow. Give it like 1.1=10% or 1.1=0.1.`)
  return { version, share: share === undefined ? Number(percents) / 100 : Number(share) }
}

function weightsOf(given: readonly string[]): Weights {
  const pairs = given.map((text) => {
    const [, version, weight] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(text) ?? []
    if (version === undefined) throw usageFault(`"${text}" is no weight. Give it like 1.0=90.`)
    return [version, Number(weight)] as const
  })
  const weights = new Map(pairs)
  if (weights.size < pairs.length) throw usageFault('A version is named twice. Give each one weight.')
  return Object.fromEntries(weights)
}

/** A list as it stands under `rules` in the manifest. What it must hold the gateway says. */
async function readRules(file: string, { stdin }: Io): Promise<readonly Rule[]> {
  const text = file === '-' ? await stdin() : await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw usageFault(`The rules ${file} cannot be read. Name a file, "-" for stdin, or none.`)
  // It takes a while to load.
  const { parse } = await import('yaml')
  const rules = parsed(() => parse(text))
  if (!Array.isArray(rules))
    throw usageFault(`${file} holds no list of rules: - { version: "1.1", when: { teams: mail } }`)
  return rules.map(withLists)
}

function parsed(parse: () => unknown): unknown {
  try {
    return parse()
  } catch {
    return undefined
  }
}

/** In the manifest one name may stand without its list. */
function withLists(rule: Rule): Rule {
  if (typeof rule?.when !== 'object' || rule.when === null) return rule
  const when = Object.entries(rule.when).map(([name, value]) => [name, typeof value === 'string' ? [value] : value])
  return { ...rule, when: Object.fromEntries(when) }
}
