import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { CallRecord } from '../../../kernel/record.ts'
import { sampleCall, start } from '../../conformance/samples.ts'
import { callValues, evidenceFactsOf } from '../call-row.ts'
import { migrations } from '../migrations.ts'
import { evidenceReader } from './read-evidence.ts'
import { evidenceWriter } from './write-evidence.ts'

function evidence(unitsMax?: number) {
  const db = new DatabaseSync(':memory:')
  db.exec(migrations.join(''))
  const writer = evidenceWriter(db, unitsMax)
  const write = (...records: CallRecord[]) => {
    writer.begin()
    writer.calls(records.flatMap((record) => evidenceFactsOf(callValues(record)) ?? []))
    writer.save()
  }
  return { write, writer, ...evidenceReader(db) }
}

const call = (n: number, unit: string) =>
  sampleCall(n, { enrolment: { experiment: 'spam-1.1', epoch: 1, arm: '1.1', unit, attributionMs: 1000 } })
const query = { run: { experiment: 'spam-1.1' }, metrics: [], frozenBy: start }

test('past the bound on units further ones are counted and else left out, and the known ones go on', () => {
  const { write, evidence: read, circuit } = evidence(2)
  write(call(1, 'a'), call(2, 'b'), call(3, 'c'), call(4, 'c'))
  write(call(5, 'a'), call(6, 'd'))
  const [epoch] = read(query)
  assert.deepEqual([epoch?.arms['1.1']?.assigned, epoch?.beyond], [2, 3])
  assert.equal(circuit({ experiment: 'spam-1.1' })['1.1']?.calls, 6)
})

test('what a batch that failed left behind is in none', () => {
  const { write, writer, evidence: read } = evidence()
  writer.begin()
  writer.calls([call(1, 'a')].flatMap((record) => evidenceFactsOf(callValues(record)) ?? []))
  write(call(2, 'b'))
  assert.equal(read(query)[0]?.arms['1.1']?.assigned, 1)
})
