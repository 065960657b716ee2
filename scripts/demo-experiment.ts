// `npm run demo:experiment`: an A/B test that decides itself, on real mails that no version was trained on. Variants: --swap, --slow, --failing.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rateVariances, unitsForDecision } from '@astraapi/statistics'
import { experimentLines } from '../packages/cli/src/commands/experiments-show.ts'
import { experimentPage } from '../packages/cli/src/report/experiment-page.ts'
import { alpha, expectedUnits, type VariantName, variants } from './demo-experiment/demo-manifest.ts'
import { runDemo } from './demo-experiment/run-demo.ts'

/** Of models/README.md: the held-out mails, and the share of them that each version labels rightly. */
const heldOut = { units: 3110, right: { '1.0': 0.8968, '1.1': 0.9859 } } as const

const { values } = parseArgs({
  options: {
    swap: { type: 'boolean' },
    slow: { type: 'boolean' },
    failing: { type: 'boolean' },
    out: { type: 'string' },
  },
})
const variant: VariantName = values.swap ? 'swap' : values.slow ? 'slow' : values.failing ? 'failing' : 'better'

console.log(`An A/B test on ${heldOut.units} held-out mails: ${variants[variant].shows}.`)
console.log(power())
const { report, calls, servedAfter } = await runDemo({ variant, print: console.log })
console.log()
for (const line of experimentLines(report, Date.now())) console.log(line)
console.log()
const served = Object.entries(servedAfter).map(([version, n]) => `${n} by ${version}`)
console.log(`${calls} calls were sent until then. The next 20: ${served.join(', ')}.`)
const file = values.out ?? join(import.meta.dirname, '..', '.astra', `demo-experiment-${variant}.html`)
await mkdir(join(file, '..'), { recursive: true })
await writeFile(file, experimentPage(report, Date.now()))
console.log(`The report: ${file}`)
// Undecided is no success, whatever is shown.
process.exitCode = report.status === 'running' ? 1 : 0

/** Said before any traffic: what so many units can find at all. */
function power(): string {
  const { units, right } = heldOut
  const difference = right['1.1'] - right['1.0']
  const [even, sure] = [0.5, 0.95].map((chance) =>
    unitsForDecision(difference, rateVariances(right['1.0'], right['1.1']), { alpha, expectedUnits, chance }),
  )
  return (
    `By their evaluation 1.0 is right in ${(100 * right['1.0']).toFixed(1)} %, 1.1 in ${(100 * right['1.1']).toFixed(1)} %: ` +
    `the odds of a decision are even after ${even} units and 95 % after ${sure}; there are ${units}.`
  )
}
