import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { chatDoorNames } from './testing/chat-doors.ts'
import { checkOutcome } from './testing/check-outcome.ts'
import { type FaultBed, type FaultModel, openFaultBed, type RecordSeen } from './testing/fault-bed.ts'
import { asked, askedTokens, cases, mended, type Outcome } from './testing/fault-outcomes.ts'
import type { FaultVendor, Seen, VendorProtocol } from './testing/fault-vendor.ts'

/** What ends a call before its answer ended. */
const failing = cases.filter(({ expected }) => expected.end !== 'ok')
const concurrency = 16

const other = { openai: 'anthropic', anthropic: 'openai' } as const

describe('at the chat doors, failover when upstream', { concurrency }, () => {
  let bed: FaultBed
  before(async () => {
    bed = await openFaultBed((vendor) => Object.fromEntries(failing.flatMap((one) => modelsFor(one, vendor))))
  })
  after(() => bed.close())

  for (const { what, fault, form, expected } of failing) {
    for (const door of chatDoorNames) {
      for (const backend of chatDoorNames) {
        const { code } = expected
        const ask = async (model: string, outcome: Outcome) => {
          const response = await bed.ask(door, `${model}-${door}-${backend}-${fault}-${form}`, {
            text: asked,
            stream: form === 'stream',
          })
          await checkOutcome(door, response, outcome)
          return { response, record: await bed.record(response.headers.get('astra-call-id') ?? '') }
        }
        const way = `${form}, ${door} door, ${backend} backend`

        // Past the total limit there is no time left for another one.
        const fallsBack = expected.end === 'refused' && code !== 'timeout'
        it(`${what}: ${fallsBack ? 'the other vendor answers' : 'no fallback'}: ${way}`, async () => {
          const { response, record } = await ask('chain', fallsBack ? mended : expected)
          if (!fallsBack) return assert.deepEqual(attemptsIn(record), [['serve', '1.0', code]])
          assert.equal(response.headers.get('astra-version'), '1.1')
          assert.deepEqual(attemptsIn(record), [
            ['serve', '1.0', code],
            ['fallback', '1.1', undefined],
          ])
          const { outcome, versionAssigned, versionServed, upstreamModel, costUsd, unpriced } = record
          assert.deepEqual([outcome, versionAssigned, versionServed], ['ok', '1.0', '1.1'])
          // Unpriced is not 0; what the first attempt used up is known, as its model has a price.
          assert.deepEqual([upstreamModel, unpriced], [`${other[backend]}/spare`, true])
          assert.equal(costUsd, owedUsd(expected, backend, bed.vendor.seen(record.id ?? '')))
        })

        // Which door it came in by makes no difference to that.
        if (fallsBack && door === backend) {
          it(`${what}: without a price its cost ${expected.owed ? 'is not known, as it may have run' : 'is nothing, as it did nothing'}: ${way}`, async () => {
            const { record } = await ask('unpriced', mended)
            assert.deepEqual(
              [record.upstreamModel, record.unpriced],
              [`${other[backend]}/faulty`, expected.owed !== undefined],
            )
            assert.equal(record.costUsd, answerUsd(record))
          })
        }

        it(`${what}: ${expected.again ? 'another replica answers' : 'no other replica'}: ${way}`, async () => {
          if (!expected.again) {
            const { record } = await ask('pair', expected)
            return assert.deepEqual(attemptsIn(record), [['serve', '1.0', code]])
          }
          let { response, record } = await ask('pair', mended)
          // Of two that refuse nothing could answer: one is well, and may have been asked first.
          if (fault === 'refused' && record.attempts.length === 1) ({ response, record } = await ask('pair', mended))
          assert.equal(response.headers.get('astra-version'), '1.0')
          assert.deepEqual(attemptsIn(record), [
            ['serve', '1.0', code],
            ['retry', '1.0', undefined],
          ])
          assert.equal(new Set(record.attempts.map(({ replica }) => replica)).size, 2)
          assert.deepEqual([record.outcome, record.unpriced], ['ok', false])
          const owed = owedUsd(expected, backend, bed.vendor.seen(record.id ?? '')) ?? 0
          assert.ok(Math.abs((record.costUsd ?? 0) - (owed + answerUsd(record))) < 1e-12, `it cost ${record.costUsd}`)
        })
      }
    }
  }
})

/** What the failed attempt cost, by the prices of the bed; undefined where nothing is known or nothing is owed. */
function owedUsd({ owed, preamble }: Outcome, backend: VendorProtocol, { inputTokens }: Seen): number | undefined {
  if (owed && preamble && backend === 'anthropic') return inputTokens / 1e6
  return owed === 'input' ? askedTokens / 1e6 : undefined
}

function answerUsd({ inputTokens = 0, outputTokens = 0 }: RecordSeen): number {
  return (inputTokens + 2 * outputTokens) / 1e6
}

/**
 * One that falls back on a vendor of the other protocol, one that does with the prices the other way round, and one with two replicas, both of which
 * meet each call's first request badly.
 */
function modelsFor({ fault, form }: (typeof failing)[number], { address }: FaultVendor): [string, FaultModel][] {
  return chatDoorNames.flatMap((door) =>
    chatDoorNames.flatMap((backend): [string, FaultModel][] => {
      const way = `${door}-${backend}-${fault}-${form}`
      const version = (replicas: readonly string[]) => ({ backend, model: 'faulty', replicas })
      const spare = { backend: other[backend], model: 'spare', replicas: [address(other[backend], 'well')] }
      const pair = ['a', 'b'].map((replica) => address(backend, fault, { replica }))
      return [
        [`chain-${way}`, { versions: { '1.0': version([address(backend, fault)]), '1.1': spare }, fallback: ['1.1'] }],
        [
          `unpriced-${way}`,
          {
            versions: {
              '1.0': { ...version([address(backend, fault)]), model: 'spare' },
              '1.1': { ...spare, model: 'faulty' },
            },
            fallback: ['1.1'],
          },
        ],
        [`pair-${way}`, { versions: { '1.0': version(pair) } }],
      ]
    }),
  )
}

function attemptsIn({ attempts }: RecordSeen) {
  return attempts.map(({ role, version, code }) => [role, version, code])
}
