import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { internalConsumers } from '../../kernel/internal-consumers.ts'
import { isOwnRole, type OwnCall, type OwnRole } from '../../kernel/own-call.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { echo, journeyWith, type Predict } from '../testing/journey-bed.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const roles: readonly OwnRole[] = ['shadow', 'judge', 'eval', 'replay']

const asking = (over: Partial<OwnCall> = {}): OwnCall => ({
  ...{ role: 'eval', model: 'spam', major: 1, version: '1.1', input: { text: 'hello' }, timeoutMs: 500 },
  ...{ reference: 'about-this', signal: new AbortController().signal },
  ...over,
})
const codeOf = (item: object) => (item as { readonly error?: { readonly code: string } }).error?.code

const hang: Predict = (replica, signal, inputs) => {
  if (replica !== 'fallback') return echo(replica, signal, inputs)
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

for (const role of roles) {
  describe(`a call of the gateway's own, as ${role}`, () => {
    it('asks a version that has no traffic, and has a Record of its own', async () => {
      const { own, records } = journeyWith()
      const { item, record } = await own.ask(asking({ role }))
      assert.deepEqual(item, { output: { text: 'hello' } })
      assert.equal(record, records[0])
      assert.ok(record && records.length === 1)
      const { consumer, keyId, versionServed, reference, tags, unitHash, session, cache } = record
      assert.deepEqual([consumer, keyId, versionServed], [`astra-${role}`, 'internal', '1.1'])
      assert.deepEqual([reference, tags], ['about-this', { purpose: role }])
      assert.deepEqual([unitHash, session, cache], [undefined, undefined, undefined])
      assert.deepEqual(
        record.attempts.map((attempt) => attempt.role),
        [role],
      )
    })

    it('takes no place of those that are served, and no limit of theirs', async () => {
      const requests = { amount: 1, perMs: 3_600_000, burst: 1 }
      const { own, journey, records } = journeyWith({ predict: hang, modelLimits: { requests } })
      const controller = new AbortController()
      const hanging = Array.from({ length: 5 }, () => own.ask(asking({ role, signal: controller.signal })))
      await turn()
      await journey.serve(testCall(), testCaller())
      assert.deepEqual(
        records.map(({ outcome }) => outcome),
        ['ok'],
      )
      controller.abort()
      assert.deepEqual(
        (await Promise.all(hanging)).map(({ item, record }) => [codeOf(item), record?.outcome]),
        Array.from({ length: 5 }, () => ['cancelled', 'cancelled']),
      )
    })

    it('is in nobody’s cache', async () => {
      const cache = { ttlMs: 60_000, staleMs: 0, scope: 'public', answerBytesMax: 1000 } as const
      const { own, journey, records } = journeyWith({ cache })
      await own.ask(asking({ role, version: '1.0' }))
      assert.equal((await journey.serve(testCall(), testCaller())).cached, false)
      await turn()
      await own.ask(asking({ role, version: '1.0' }))
      assert.deepEqual(
        records.map(({ cache, attempts }) => [cache, attempts.length]),
        [
          [undefined, 1],
          ['miss', 1],
          [undefined, 1],
        ],
      )
    })

    it('is made once, without a fallback, and its replica is blamed for nothing', async () => {
      const predict: Predict = async () => Promise.reject(new AstraError('upstream_failed'))
      // With these 1.0 falls back on 1.1.
      const { own, fleet } = journeyWith({ predict, replicas: ['a', 'b'], upstreamModels: {} })
      for (let i = 0; i < 10; i++) {
        const { item, record } = await own.ask(asking({ role, version: '1.0' }))
        assert.equal(codeOf(item), 'upstream_failed')
        assert.deepEqual(
          record?.attempts.map((attempt) => [attempt.role, attempt.version]),
          [[role, '1.0']],
        )
      }
      assert.deepEqual(
        fleet.status('spam@v1/1.0').map(({ state }) => state),
        ['ready', 'ready'],
      )
    })

    it('is no evidence: without a version it meets what traffic does, in an experiment its control', async () => {
      const { own, records } = journeyWith({ experiment: {} })
      for (let i = 0; i < 20; i++) {
        const { version: _, ...anyVersion } = asking({ role })
        await own.ask(anyVersion)
      }
      assert.ok(records.every((one) => one.versionServed === '1.0' && one.assignReason === 'not-enrolled'))
      assert.ok(records.every(({ enrolment }) => enrolment === undefined))
    })
  })
}

describe('calls of the gateway’s own', () => {
  it('have a role each, and its consumer', () => {
    for (const role of roles) assert.ok(isOwnRole(role) && Object.hasOwn(internalConsumers, `astra-${role}`))
    assert.ok(!isOwnRole('serve'))
  })

  it('tell what refused them', async () => {
    const { own } = journeyWith()
    const refused = async (over: Partial<OwnCall>) => {
      const { item, record } = await own.ask(asking(over))
      return [codeOf(item), record?.outcome]
    }
    assert.deepEqual(await refused({ model: 'none' }), ['unknown_model', 'refused'])
    assert.deepEqual(await refused({ major: 2 }), ['unknown_major', 'refused'])
    assert.deepEqual(await refused({ version: '9.9' }), ['unknown_version', 'refused'])
    assert.deepEqual(await refused({ input: {} }), ['invalid_input', 'refused'])
  })

  it('are refused by the limits of their own consumer', async () => {
    const requests = { amount: 1, perMs: 3_600_000, burst: 1 }
    const { own } = journeyWith({ shadowLimits: { requests } })
    assert.equal(codeOf((await own.ask(asking({ role: 'shadow' }))).item), undefined)
    assert.equal(codeOf((await own.ask(asking({ role: 'shadow' }))).item), 'rate_limited')
  })

  it('do not begin where their asker has left', async () => {
    const { own, records } = journeyWith({ predict: hang })
    const gone = await own.ask(asking({ signal: AbortSignal.abort() }))
    assert.deepEqual([codeOf(gone.item), gone.record, records], ['cancelled', undefined, []])
  })

  it('end when the gateway stops, and none begins any more', async () => {
    const { own, records } = journeyWith({ predict: hang })
    const hanging = own.ask(asking())
    await turn()
    own.stop()
    assert.equal((await hanging).record?.outcome, 'cancelled')
    const late = await own.ask(asking())
    assert.deepEqual([codeOf(late.item), late.record, records.length], ['stopping', undefined, 1])
  })

  it('see the catalog that they name: a version that is not deployed is asked where that lists it, and leaves no trace', async () => {
    const asked: string[] = []
    const predict: Predict = (replica, ...rest) => {
      asked.push(replica)
      return echo(replica, ...rest)
    }
    const { own, fleet } = journeyWith({ predict })
    const versions = { '1.0': { replicas: ['a'] }, '2.0': { replicas: ['candidate'] } }
    const catalog = testCatalog({ '1.0': 1 }, { versions })
    assert.equal(codeOf((await own.ask(asking({ version: '2.0' }))).item), 'unknown_version')
    const { item, record } = await own.ask(asking({ version: '2.0', catalog }))
    assert.deepEqual([item, record?.versionServed], [{ output: { text: 'hello' } }, '2.0'])
    await own.ask(asking({ version: '1.0', catalog }))
    assert.deepEqual(asked, ['candidate', 'a'])
    assert.deepEqual(fleet.status('spam@v1/2.0'), [])
  })
})
