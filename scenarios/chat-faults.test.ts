import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { chatDoorNames } from './testing/chat-doors.ts'
import { checkOutcome } from './testing/check-outcome.ts'
import { type FaultBed, openFaultBed, type RecordSeen } from './testing/fault-bed.ts'
import { asked, cases, type Outcome } from './testing/fault-outcomes.ts'

/** Streams that wait, mostly, and little work. */
const concurrency = 16

describe('at the chat doors, upstream', { concurrency }, () => {
  let bed: FaultBed
  before(async () => {
    bed = await openFaultBed(({ address }) =>
      Object.fromEntries(
        chatDoorNames.flatMap((backend) =>
          cases.map(({ fault }) => [
            `${backend}-${fault}`,
            { versions: { '1.0': { backend, model: 'faulty', replicas: [address(backend, fault)] } } },
          ]),
        ),
      ),
    )
  })
  after(() => bed.close())

  for (const { what, fault, form, expected } of cases) {
    for (const door of chatDoorNames) {
      for (const backend of chatDoorNames) {
        it(`${what}: ${form}, ${door} door, ${backend} backend`, async () => {
          const stream = form === 'stream'
          const response = await bed.ask(door, `${backend}-${fault}`, { text: asked, stream })
          const bytes = await checkOutcome(door, response, expected)
          const callId = response.headers.get('astra-call-id') ?? ''
          if (expected.verbatim && door === backend) {
            assert.ok(bytes.equals(Buffer.concat(bed.vendor.seen(callId).written)), "upstream's bytes pass through")
          }
          checkRecord(await bed.record(callId), expected, stream)
        })
      }
    }
  }
})

function checkRecord(record: RecordSeen, { end, code }: Outcome, streamed: boolean) {
  const { inputTokens = 0, outputTokens = 0, costUsd } = record
  assert.deepEqual(
    [record.outcome, record.code, record.streamed, record.attempts.map(({ role, code }) => [role, code])],
    [end === 'ok' ? 'ok' : 'failed', code, streamed, [['serve', code]]],
  )
  if (end === 'refused') {
    assert.equal(outputTokens, 0)
    assert.equal(costUsd, inputTokens > 0 ? inputTokens / 1e6 : undefined, 'never 0')
    // Whoever was asked and said nothing in time has read the input; where surely nothing ran nothing is owed.
    if (code === 'upstream_stalled' || code === 'timeout') assert.ok(inputTokens > 0)
    if (code === 'upstream_unavailable') assert.equal(costUsd, undefined)
  } else {
    assert.ok(inputTokens > 0 && outputTokens > 0, `${inputTokens} and ${outputTokens} tokens`)
    assert.equal(costUsd, (inputTokens + 2 * outputTokens) / 1e6)
    // Of what was cut off nobody told how much it was.
    assert.equal(record.usageEstimated, end === 'broken')
  }
  assert.equal(record.unpriced, false, 'its model has a price')
}
