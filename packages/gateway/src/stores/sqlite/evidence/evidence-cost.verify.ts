import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { CallRecord } from '../../../kernel/record.ts'
import { sampleMetrics } from '../../conformance/expected-evidence.ts'
import { sampleCall, start } from '../../conformance/samples.ts'
import { callValues } from '../call-row.ts'
import { migrations } from '../migrations.ts'
import { batchWriter } from '../write-batch.ts'
import { evidenceForgetter } from './forget-evidence.ts'
import { evidenceReader } from './read-evidence.ts'

const units = 100_000
const batch = 500

/** Other work on the machine is not in it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** µs of CPU per Record of `count` in batches. */
function writing(db: DatabaseSync, count: number, call: (n: number) => CallRecord): number {
  const write = batchWriter(db, 'writer')
  const began = cpuMs()
  for (let n = 0; n < count; n += batch) {
    const records = Array.from({ length: batch }, (_, i) => call(n + i))
    write({ calls: JSON.stringify(records.map(callValues)), feedback: [] })
  }
  return ((cpuMs() - began) * 1000) / count
}

test('the evidence of 100,000 units is read with less than a second of CPU, and costs the writer little', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'astra-evidence-'))
  const db = new DatabaseSync(join(folder, 'astra.db'))
  t.after(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; ${migrations.join('')}`)
  const enrolment = (unit: number) => {
    const arm = unit % 2 === 0 ? '1.0' : '1.1'
    return { experiment: 'spam-1.1', epoch: 1, arm, unit: `${unit * 7919}`.padStart(32, '0'), attributionMs: 1000 }
  }
  const given = { costUsd: 0.001, outputTokens: 10 }
  const plain = writing(db, units, (n) => sampleCall(n, { ...given, latencyMs: 5 + (n % 1000) }))
  const fresh = writing(db, units, (n) =>
    sampleCall(units + n, { ...given, latencyMs: 5 + (n % 1000), enrolment: enrolment(n) }),
  )
  const known = writing(db, units, (n) =>
    sampleCall(2 * units + n, { ...given, time: start + units + n, enrolment: enrolment(n) }),
  )
  t.diagnostic(
    `writer, us a Record: ${plain.toFixed(1)} plain, ${fresh.toFixed(1)} of a new unit, ${known.toFixed(1)} of a known one`,
  )
  const { evidence, circuit, totals } = evidenceReader(db)
  const began = cpuMs()
  const [epoch] = evidence({ run: { experiment: 'spam-1.1' }, metrics: sampleMetrics, frozenBy: start + 10 * units })
  const tookMs = cpuMs() - began
  t.diagnostic(`reading ${sampleMetrics.length} metrics of ${units} units: ${Math.round(tookMs)} ms`)
  assert.equal(epoch?.arms['1.0']?.assigned, units / 2)
  assert.equal(circuit({ experiment: 'spam-1.1' })['1.1']?.calls, units)
  assert.ok(tookMs < 1000)
  const asked = cpuMs()
  assert.equal(totals({ experiment: 'spam-1.1' })['1.0']?.units, units / 2)
  const totalsMs = cpuMs() - asked
  t.diagnostic(`what arms got: ${totalsMs.toFixed(1)} ms`)
  assert.ok(totalsMs < 50)
  const forget = evidenceForgetter(db)
  const from = cpuMs()
  let slices = 1
  while (forget({ experiment: 'spam-1.1' })) slices++
  t.diagnostic(`forgotten in ${slices} slices of ${Math.round((cpuMs() - from) / slices)} ms`)
})
