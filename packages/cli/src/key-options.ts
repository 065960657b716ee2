import { usageFault } from './failures.ts'
import type { KeyLimits } from './platform.ts'

/** The flags of what may be said of a key, at its making and later. */
export const changeOptions: readonly (readonly [flags: string, summary: string])[] = [
  ['--expires <time>', 'when it ends: 30d, 12h, a time, or never'],
  ['--address <list>', 'the only addresses it may be used from: 10.0.0.0/8,192.0.2.7; any'],
  ['--requests <rate>', 'calls, as 100/minute'],
  ['--items <rate>', 'items, as 1000/hour'],
  ['--tokens <rate>', 'tokens in and out, as 100000/hour'],
  ['--concurrent <number>', 'calls at once'],
  ['--budget-day <usd>', 'USD a day (UTC)'],
  ['--budget-month <usd>', 'USD a month (UTC)'],
  ['--note <text>', 'what it is for'],
]

export interface KeyOptions {
  readonly expires?: string
  readonly address?: string
  readonly requests?: string
  readonly items?: string
  readonly tokens?: string
  readonly concurrent?: string
  readonly budgetDay?: string
  readonly budgetMonth?: string
  readonly note?: string
  /** False for --no-limits; commander's own default is true. */
  readonly limits?: boolean
}

/** What the flags say, over the limits that the key has; undefined is left out of the JSON and so stays as it is. */
export function keyChange(options: KeyOptions, before: KeyLimits = {}) {
  const { expires, address, note, requests, items, tokens, limits } = options
  const concurrent = numberOf('--concurrent', options.concurrent)
  const [day, month] = [numberOf('--budget-day', options.budgetDay), numberOf('--budget-month', options.budgetMonth)]
  const budget = day === undefined && month === undefined ? undefined : { ...before.budget, ...defined({ day, month }) }
  const named = defined({ requests, items, tokens, concurrent, budget })
  const some = Object.keys(named).length > 0
  return {
    expiresAt: expires,
    addresses: address === 'any' ? [] : listOf(address),
    note,
    limits: limits === false ? named : some ? { ...before, ...named } : undefined,
  }
}

export function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(',').map((name) => name.trim())
}

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number)) return number
  throw usageFault(`${flag} takes a number; "${text}" is none.`)
}

function defined(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
