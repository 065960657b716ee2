import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call, CallOptions } from '../kernel/call.ts'
import { AstraError } from '../kernel/errors.ts'
import { policy } from './cache/testing/answers.ts'
import { testCall, testCaller } from './testing/fixtures.ts'
import { journeyWith, type Script } from './testing/journey-bed.ts'

/** A journey through an experiment that says how often a model was asked. */
function experimenting(script: Script = {}) {
  let asked = 0
  const bed = journeyWith({
    experiment: {},
    predict: async (_replica, _signal, inputs) => {
      asked++
      return { items: inputs.map((output) => ({ output })) }
    },
    ...script,
  })
  let calls = 0
  const ask = (options: CallOptions, over: Partial<Call> = {}) =>
    bed.journey.serve(testCall({ id: `call ${++calls}`, options, ...over }), testCaller())
  return { ...bed, ask, asked: () => asked }
}

const enrolled = { experiment: 'spam-1.1', epoch: 1, attributionMs: 60_000 }

describe('the Record of a call that takes part in an experiment', () => {
  it('tells the unit without naming it: the session where there is none, and else the call', async () => {
    const { ask, records } = experimenting()
    await ask({ unit: 'u1', session: 's1' })
    await ask({ session: 's1' })
    await ask({})
    const told = records.map(({ enrolment, versionAssigned: arm }, at) => [
      enrolment,
      { ...enrolled, arm, unit: ['#u1', '#s1', 'call 3'][at] },
    ])
    for (const [found, expected] of told) assert.deepEqual(found, expected)
  })

  it('tells it of a call that was refused after it had met its arm', async () => {
    const { ask, records } = experimenting()
    await assert.rejects(ask({ unit: 'u1' }, { inputs: [{}] }), AstraError)
    assert.equal(records[0]?.enrolment?.unit, '#u1')
  })

  for (const [what, script, options] of [
    ['a pin', {}, { version: '1.0' }],
    ['a pause', { experiment: { paused: true } }, {}],
    ['a unit that does not take part', { experiment: { coverage: 1e-9 } }, {}],
  ] as const) {
    it(`has none with ${what}`, async () => {
      const { ask, records } = experimenting(script)
      await ask({ unit: 'u1', ...options })
      assert.equal(records[0]?.enrolment, undefined)
    })
  }
})

describe('the cache', () => {
  it('is passed by, and told so, where a unit takes part', async () => {
    const { ask, asked, records } = experimenting({ cache: policy })
    await ask({ unit: 'u1' })
    const again = await ask({ unit: 'u1' })
    assert.deepEqual([asked(), again.cache], [2, { outcome: 'bypass' }])
    assert.deepEqual(
      records.map(({ enrolment }) => enrolment?.unit),
      ['#u1', '#u1'],
    )
  })

  it('answers where the experiment says so, and that is evidence', async () => {
    const { ask, asked, records } = experimenting({ cache: policy, experiment: { cached: true } })
    await ask({ unit: 'u1' })
    assert.equal((await ask({ unit: 'u1' })).cached, true)
    assert.equal(asked(), 1)
    assert.equal(records[1]?.enrolment?.unit, '#u1')
  })

  it('answers whoever does not take part', async () => {
    const { ask, asked } = experimenting({ cache: policy, experiment: { coverage: 1e-9 } })
    await ask({ unit: 'u1' })
    await ask({ unit: 'u1' })
    assert.equal(asked(), 1)
  })

  it('brings back the first answer to an Idempotency-Key, which is the only evidence', async () => {
    const { ask, asked, records } = experimenting()
    await ask({ unit: 'u1', idempotencyKey: 'k' })
    assert.equal((await ask({ unit: 'u1', idempotencyKey: 'k' })).cached, true)
    assert.equal(asked(), 1)
    assert.deepEqual(
      records.map(({ enrolment }) => enrolment?.unit),
      ['#u1', undefined],
    )
  })
})
