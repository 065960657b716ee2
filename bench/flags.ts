import { parseArgs } from 'node:util'
import { type SuiteName, suites } from './suites.ts'

const peerNames = ['portkey', 'mlserver'] as const

export interface Flags {
  readonly suites: readonly (readonly [SuiteName, (typeof suites)[SuiteName]])[]
  readonly peers: ReadonlySet<string>
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly warmUpCalls: number
  readonly rate: number
  /** Where the JSON goes. */
  readonly out: string
  /** Whether a budget that was missed, or not measured, is a failure. */
  readonly check: boolean
}

const usage = `npm run bench -- [flags]
  --quick          a third of the time: to see that it works, not for figures
  --only a,b       of ${Object.keys(suites).join(', ')}
  --peers a,b      of ${peerNames.join(', ')}: installed into a temporary folder and measured beside
  --rounds N       measured rounds, default 5
  --rate N         requests a second of the open loop, default 1000
  --out FILE       where the JSON goes, default bench-result.json
  --check          end with status 1 when a budget is missed or was not measured`

/** Ends the process with the usage when the flags make no sense. */
export function parseFlags(args: readonly string[]): Flags {
  try {
    return readFlags(args)
  } catch (thrown) {
    console.error(`${thrown instanceof Error ? thrown.message : thrown}\n\n${usage}`)
    process.exit(2)
  }
}

function readFlags(args: readonly string[]): Flags {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      only: text,
      peers: text,
      rounds: text,
      rate: text,
      out: { type: 'string', default: 'bench-result.json' },
    },
  })
  const { quick, check, out } = values
  const only = listOf(values.only, Object.keys(suites), '--only')
  const all = Object.entries(suites) as [SuiteName, (typeof suites)[SuiteName]][]
  return {
    suites: only.length === 0 ? all : all.filter(([name]) => only.includes(name)),
    peers: new Set(listOf(values.peers, peerNames, '--peers')),
    rounds: count(values.rounds ?? (quick ? '3' : '5'), '--rounds'),
    seconds: quick ? 1 : 3,
    warmUpSeconds: quick ? 1 : 2,
    warmUpCalls: quick ? 3000 : 30_000,
    rate: count(values.rate ?? '1000', '--rate'),
    out,
    check,
  }
}

function listOf(value: string | undefined, known: readonly string[], flag: string): readonly string[] {
  const names = value === undefined ? [] : value.split(',')
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`${flag} knows ${known.join(', ')}, not "${unknown}"`)
  return names
}

function count(value: string, flag: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new Error(`${flag} must be a positive number, not "${value}"`)
  return Number(value)
}
