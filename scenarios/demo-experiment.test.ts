import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { experimentPage } from '../packages/cli/src/report/experiment-page.ts'
import { readMarkup } from '../packages/cli/src/report/testing/markup-reader.ts'
import type { VariantName } from '../scripts/demo-experiment/demo-manifest.ts'
import { type DemoRun, runDemo } from '../scripts/demo-experiment/run-demo.ts'

const clients = 8

async function run(variant: VariantName): Promise<DemoRun> {
  const done = await runDemo({ variant, clients, print: () => {} })
  const page = experimentPage(done.report, Date.now())
  readMarkup(page)
  assert.ok(page.includes('class="verdict '))
  return done
}

/** Real mails, a real gateway, real windows of time: some ten seconds each. */
describe('an experiment on held-out mails decides itself', () => {
  it('promotes the better version', { timeout: 60_000 }, async () => {
    const { report, servedAfter, calls } = await run('better')
    assert.equal(report.status, 'promoted', report.reason ?? '')
    assert.match(report.reason ?? '', /^1\.1 is better than 1\.0: correct \+\d.* points, 95 % interval .* Promoted at /)
    assert.deepEqual([report.winner, report.by, servedAfter], ['1.1', 'astra-experiments', { '1.1': 20 }])
    const [evaluation] = report.evaluations
    assert.deepEqual([evaluation?.decision.row, evaluation?.decision.action], [4, 'promote'])
    assert.ok(calls < 3110, 'by far not all mails are needed')
    // Every unit is there once: what the arms got is what was sent, but for what was in flight at the decision.
    const units = report.arms.reduce((sum, arm) => sum + arm.units, 0)
    assert.ok(units <= calls && units > 200, `${units} of ${calls}`)
  })

  it('rolls back the worse version', { timeout: 60_000 }, async () => {
    const { report, servedAfter } = await run('swap')
    assert.equal(report.status, 'rolled_back', report.reason ?? '')
    assert.match(report.reason ?? '', /^1\.0 is worse than 1\.1: correct -\d.* Rolled back at /)
    assert.equal(report.evaluations[0]?.decision.row, 2)
    assert.deepEqual(servedAfter, { '1.1': 20 })
  })

  it('rolls back a slow version by what calls alone tell', { timeout: 60_000 }, async () => {
    const { report, servedAfter } = await run('slow')
    assert.equal(report.status, 'rolled_back', report.reason ?? '')
    assert.match(
      report.reason ?? '',
      /^1\.2 is worse than 1\.1: latency-p95 \+\d+.* ms, shown harmful \(margin 100 ms\)/,
    )
    assert.deepEqual(servedAfter, { '1.1': 20 })
    const candidate = report.arms.find(({ version }) => version === '1.2')
    // The 95 % quantile takes about 160 values an arm where every call is slow; looks come every half second.
    assert.ok(candidate && candidate.calls <= 300, `${candidate?.calls} calls`)
  })

  it('rolls back a failing version within 20 of its calls', { timeout: 60_000 }, async () => {
    const { report, servedAfter } = await run('failing')
    assert.equal(report.status, 'rolled_back', report.reason ?? '')
    assert.match(report.reason ?? '', /^1\.2 fails: 10 of its last \d+ calls failed\. Rolled back at /)
    assert.deepEqual(servedAfter, { '1.1': 20 })
    const candidate = report.arms.find(({ version }) => version === '1.2')
    // 10 failures break the circuit; those that were in flight meanwhile come on top.
    assert.ok(candidate && candidate.calls >= 10 && candidate.calls <= 10 + clients, `${candidate?.calls} calls`)
  })
})
