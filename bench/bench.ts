import { writeFile } from 'node:fs/promises'
import { parseFlags } from './flags.ts'
import { describeMachine, missingTools } from './machine.ts'
import { othersShare } from './measure/cpu.ts'
import { type Row, suiteNotMeasured, tablesOf, unmet } from './report.ts'
import type { Settings } from './suite.ts'

// `npm run bench`: DESIGN's budgets, measured in one run. See README.md for what each row means and what it cannot tell.
const flags = parseFlags(process.argv.slice(2))
const machine = describeMachine()
const missing = missingTools()
const say = (line: string) => process.stderr.write(`  ${line}\n`)
const settings: Settings = { ...flags, machine, say }

console.log(`${new Date().toISOString().slice(0, 10)}, ${machine.kind}`)
console.log(
  machine.serverCore === undefined
    ? 'Nothing is pinned to a core: expect a wide spread.'
    : `The server under test has core ${machine.serverCore}; load and upstream have ${machine.loadCores}.`,
)
const others = await othersShare()
if (others > 0.1) console.log(`Others use ${Math.round(100 * others)} % of this machine now: do not trust the figures.`)
for (const [tool, why] of missing) console.log(`There is no ${tool}. It is for ${why}`)

const rows: Row[] = []
const tookSeconds = new Map<string, number>()
for (const [name, { needs, run }] of flags.suites) {
  const lacks = needs.filter((tool) => missing.has(tool))
  if (process.platform !== 'linux') rows.push(suiteNotMeasured(name, 'this needs Linux (/proc)'))
  else if (lacks.length > 0) rows.push(suiteNotMeasured(name, `no ${lacks.join(', no ')} here`))
  else {
    say(`${name} …`)
    const start = performance.now()
    rows.push(...(await run(settings).catch((error: Error) => [suiteNotMeasured(name, error.message)])))
    tookSeconds.set(name, Math.round((performance.now() - start) / 1000))
    say(`${name} took ${tookSeconds.get(name)} s`)
  }
}

const open = Object.entries(unmet(rows)).filter(([, those]) => those.length > 0)
console.log(`\n${tablesOf(rows)}\n`)
for (const [verdict, those] of open) console.log(`${verdict}: ${those.join('; ')}`)
if (open.length === 0) console.log('All budgets were met.')
const result = {
  date: new Date().toISOString(),
  machine: machine.kind,
  othersShare: others,
  rounds: flags.rounds,
  seconds: flags.seconds,
  tookSeconds: Object.fromEntries(tookSeconds),
  rows,
}
await writeFile(flags.out, `${JSON.stringify(result, undefined, 2)}\n`)
console.log(`All figures: ${flags.out}`)
process.exit(flags.check && open.length > 0 ? 1 : 0)
