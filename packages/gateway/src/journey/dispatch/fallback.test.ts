import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError, type ErrorCode } from '../../kernel/errors.ts'
import type { WireRequest } from '../../kernel/wire.ts'
import { answer, type Outcome, openBed, type Script } from './testing/dispatch-bed.ts'

const chain = ['1.1', '1.2']
const versions = { '1.1': { replicas: ['b'] }, '1.2': { replicas: ['c'] } }
const contract = { fallback: chain }

/** A bed whose replicas throw these errors, by address; the others answer. */
function failing(errors: Readonly<Record<string, AstraError>>, over: Partial<Script> = {}) {
  return openBed({
    versions,
    contract,
    predict: async (replica) => {
      const error = errors[replica]
      if (error) throw error
      return answer
    },
    ...over,
  })
}

const told = ({ attempts }: Outcome) => attempts.map(({ role, version, replica }) => `${role} ${version} ${replica}`)
const failed = () => new AstraError('upstream_failed', { reason: 'boom' })
const unreached = () => new AstraError('upstream_unavailable', { reason: 'refused' })

describe('a call falls back', () => {
  const after: readonly [ErrorCode, boolean][] = [
    ['upstream_unavailable', true],
    ['upstream_failed', true],
    ['upstream_stalled', true],
    ['invalid_output', true],
    ['invalid_input', false],
    ['timeout', false],
    ['cancelled', false],
    ['internal', false],
  ]
  for (const [code, fallsBack] of after) {
    it(`${fallsBack ? '' : 'not '}after ${code}`, async () => {
      const outcome = await failing({ a: new AstraError(code) }).whole()
      assert.deepEqual(told(outcome), fallsBack ? ['serve 1.0 a', 'fallback 1.1 b'] : ['serve 1.0 a'])
      assert.equal(outcome.version, fallsBack ? '1.1' : undefined)
      assert.equal(outcome.error?.code, fallsBack ? undefined : code)
    })
  }

  it('in the order of the chain, once its own replicas are tried', async () => {
    const bed = failing({ a: unreached(), a2: unreached(), b: failed() }, { replicas: ['a', 'a2'] })
    const outcome = await bed.whole()
    assert.deepEqual(told(outcome).slice(0, 2).sort().length, 2)
    assert.deepEqual(told(outcome).slice(2), ['fallback 1.1 b', 'fallback 1.2 c'])
    assert.equal(outcome.version, '1.2')
  })

  it('after an item that broke the contract only where the call stands or falls as a whole', async () => {
    const items = [{ output: { text: 'fine' } }, { output: { text: 5 } }]
    const bed = openBed({
      versions,
      contract,
      predict: async (replica) => (replica === 'a' ? { items } : { items: [items[0], items[0]] as typeof items }),
    })
    const batch = { batch: true, inputs: [{ text: 'a' }, { text: 'b' }] }
    const each = await bed.whole(batch)
    assert.deepEqual(told(each), ['serve 1.0 a'])
    assert.deepEqual(
      each.whole?.items.map((item) => 'error' in item),
      [false, true],
    )
    assert.deepEqual(told(await bed.whole({ ...batch, allOrNothing: true })), ['serve 1.0 a', 'fallback 1.1 b'])
  })

  it('and gets the last error when all fail', async () => {
    const last = new AstraError('upstream_failed', { reason: 'last' })
    const outcome = await failing({ a: failed(), b: failed(), c: last }).whole()
    assert.equal(outcome.error?.facts.reason, 'last')
    assert.equal(outcome.attempts.length, 3)
  })

  it('but never the promise that nothing ran where something may have', async () => {
    const { error } = await failing({ a: failed(), b: unreached(), c: unreached() }).whole()
    assert.equal(error?.facts.reason, 'boom')
  })

  it('not from a pinned version', async () => {
    const outcome = await failing({ a: failed() }).whole({ options: { version: '1.0' } })
    assert.deepEqual([told(outcome), outcome.error?.code], [['serve 1.0 a'], 'upstream_failed'])
  })

  it('past versions that are retired, full, or its own', async () => {
    const bed = failing(
      { a: failed() },
      {
        versions: { '1.1': { replicas: ['b'], retired: {} }, '1.2': { replicas: ['c'] } },
        contract: { fallback: ['1.0', '1.1', '1.2'] },
      },
    )
    assert.deepEqual(told(await bed.whole()), ['serve 1.0 a', 'fallback 1.2 c'])
  })

  it('where a version has no replica that takes calls', async () => {
    const bed = failing({})
    bed.members()
    bed.fleet.setBarred('spam@v1/1.0', 'a', 'other files')
    assert.deepEqual(told(await bed.whole()), ['fallback 1.1 b'])
  })

  it('at most four times, retries there included', async () => {
    const ids = ['1.1', '1.2', '1.3', '1.4', '1.5']
    const addresses = ids.flatMap((id) => [`${id}a`, `${id}b`])
    const bed = failing(Object.fromEntries(['a', ...addresses].map((address) => [address, unreached()])), {
      versions: Object.fromEntries(ids.map((id) => [id, { replicas: [`${id}a`, `${id}b`] }])),
      contract: { fallback: ids },
    })
    const { attempts, error } = await bed.whole()
    assert.equal(error?.code, 'upstream_unavailable')
    assert.deepEqual(
      attempts.map(({ role, version }) => [role, version]),
      [
        ['serve', '1.0'],
        ['fallback', '1.1'],
        ['retry', '1.1'],
        ['fallback', '1.2'],
        ['retry', '1.2'],
      ],
    )
  })

  it('within the same time limit', async () => {
    const leave = new AbortController()
    const bed = openBed({
      versions,
      contract,
      predict: async () => {
        leave.abort()
        throw failed()
      },
    })
    const outcome = await bed.whole({ signal: leave.signal })
    assert.deepEqual([told(outcome), outcome.error?.code], [['serve 1.0 a'], 'cancelled'])
  })

  it('and holds a place at the version that it is at, and at no other', async () => {
    const gate = Promise.withResolvers<void>()
    const limits = {
      bodyBytesMax: 1,
      itemsMax: 1,
      timeoutMs: 60_000,
      firstByteMs: 1,
      idleMs: 1,
      inFlightMax: 1,
    }
    const bed = openBed({
      versions,
      contract: { ...contract, limits },
      predict: async (replica) => {
        if (replica === 'a') throw failed()
        if (replica === 'b') await gate.promise
        return answer
      },
    })
    const first = bed.whole()
    await new Promise(setImmediate)
    assert.deepEqual(told(await bed.whole()), ['serve 1.0 a', 'fallback 1.2 c'], '1.1 is full, 1.0 is not')
    gate.resolve()
    assert.deepEqual(told(await first), ['serve 1.0 a', 'fallback 1.1 b'])
    assert.deepEqual(told(await bed.whole()), ['serve 1.0 a', 'fallback 1.1 b'], 'the place was given back')
  })
})

describe('a version that cannot be asked for this', () => {
  const unsupported = () => new AstraError('unsupported', { detail: '"seed" cannot be passed to this model' })

  it('refuses where it is the assigned one, and nothing ran', async () => {
    const { error, attempts } = await failing({ a: unsupported() }).whole()
    assert.deepEqual([error?.code, attempts.length], ['unsupported', 0])
  })

  it('is passed over where it is a fallback', async () => {
    const outcome = await failing({ a: failed(), b: unsupported() }).whole()
    assert.deepEqual(told(outcome), ['serve 1.0 a', 'fallback 1.2 c'])
  })

  it('is the same where it says so item by item', async () => {
    const refusing = (refused: string) => {
      const predict: Script['predict'] = async (replica) => {
        if (replica === refused) return { items: [{ error: unsupported() }] }
        if (replica === 'a') throw failed()
        return answer
      }
      return failing({}, { predict }).whole()
    }
    const { error, attempts } = await refusing('a')
    assert.deepEqual([error?.code, attempts], ['unsupported', []])
    assert.deepEqual(told(await refusing('b')), ['serve 1.0 a', 'fallback 1.2 c'])
  })

  it('leaves the last error of one that ran', async () => {
    const outcome = await failing({ a: failed(), b: unsupported(), c: unsupported() }).whole()
    assert.deepEqual([told(outcome), outcome.error?.facts.reason], [['serve 1.0 a'], 'boom'])
  })
})

describe('a request in a dialect', () => {
  const wire = (canonical: WireRequest['canonical']): WireRequest => ({
    dialect: 'openai-chat',
    bytes: Buffer.from('{}'),
    body: {},
    items: 1,
    canonical,
  })
  const relaying = { '1.0': { replicas: ['a'], settings: { relays: true } } }
  const relay: Script['relay'] = {
    predict: async () => {
      throw failed()
    },
    stream: async function* () {},
  }

  it('goes in its own bytes where upstream speaks it, and by its inputs where a fallback does not', async () => {
    const bed = failing({}, { relay, versions: { ...relaying, ...versions } })
    const request = wire(() => [{ text: 'hello' }])
    const { whole, ...outcome } = await bed.whole({ inputs: [], wire: request })
    assert.deepEqual(told(outcome as Outcome), ['serve 1.0 a', 'fallback 1.1 b'])
    assert.deepEqual([whole?.items, whole?.relayed], [answer.items, undefined])
  })

  it('stays with the error that there was where it has no canonical form, or none that fits', async () => {
    const bed = failing({}, { relay, versions: { ...relaying, ...versions } })
    const unreadable = () => {
      throw new AstraError('unsupported')
    }
    for (const canonical of [unreadable, () => [{ txet: 'hello' }]]) {
      const outcome = await bed.whole({ inputs: [], wire: wire(canonical) })
      assert.deepEqual([told(outcome), outcome.error?.facts.reason], [['serve 1.0 a'], 'boom'])
    }
  })
})
