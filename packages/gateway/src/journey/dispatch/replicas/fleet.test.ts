import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import { answer, hang, key, noAnswer, openBed } from '../testing/dispatch-bed.ts'

const refused = async () => {
  throw new AstraError('upstream_unavailable', { reason: 'connect ECONNREFUSED' })
}
const states = ({ fleet }: ReturnType<typeof openBed>) =>
  fleet.status(key).map(({ address, state }) => `${address} ${state}`)

describe('members', () => {
  it('are the addresses of the catalog until somebody tells; names are left to whoever resolves them', async () => {
    const bed = openBed({ replicas: ['a', 'dns+http://models:8000', 'b'] })
    assert.deepEqual(bed.fleet.status(key), [])
    await bed.whole()
    assert.deepEqual(states(bed), ['a ready', 'b ready'])
    bed.members('a', 'b', 'c')
    assert.deepEqual(states(bed), ['a ready', 'b ready', 'c warming'])
    bed.clock.advance(10_000)
    assert.equal(bed.status('c').state, 'ready')
    assert.equal(bed.status('c').since, 1_010_000)
  })

  it('of a version with names only: none at first, and a call is refused', async () => {
    const bed = openBed({ replicas: ['dns+http://models:8000'] })
    assert.equal((await bed.whole()).error?.code, 'upstream_unavailable')
    bed.members()
    assert.equal((await bed.whole()).error?.code, 'upstream_unavailable')
    bed.members('a')
    assert.deepEqual(states(bed), ['a ready'], 'the first are ready at once')
    assert.equal((await bed.whole()).error, undefined)
  })

  it('told before the first call stand there with zeros', () => {
    const bed = openBed({})
    bed.fleet.setMembers(key, [
      { backend: 'fake', address: 'a', source: 'dns+http://models:8000' },
      { backend: 'fake', address: 'a', source: 'a' },
    ])
    assert.deepEqual(bed.fleet.status(key), [
      {
        address: 'a',
        source: 'dns+http://models:8000',
        state: 'ready',
        reason: undefined,
        since: 1_000_000,
        inFlight: 0,
        attempts: 0,
        failures: 0,
        latencyMs: undefined,
        waiting: undefined,
      },
    ])
  })

  it('inside the gateway there is one, without a name', async () => {
    const bed = openBed({ replicas: [], predict: refused })
    bed.fleet.onSuspicion(() => assert.fail('there is nobody to suspect'))
    assert.deepEqual(
      (await bed.whole()).attempts.map(({ replica }) => replica),
      ['gateway'],
    )
  })

  it('that are left out drain: calls in flight end in peace, then they are forgotten', async () => {
    const first = Promise.withResolvers<typeof answer>()
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async (replica) => (replica === 'a' ? first.promise : answer),
    })
    const drained: string[] = []
    bed.fleet.onDrained((backend, address) => drained.push(`${backend} ${address}`))
    const inFlight = bed.whole()
    await new Promise(setImmediate)
    bed.members('b')
    assert.deepEqual(states(bed), ['a draining', 'b ready'])
    assert.deepEqual((await bed.whole()).attempts[0]?.replica, 'b')
    assert.deepEqual(drained, [])
    first.resolve(answer)
    assert.equal((await inFlight).error, undefined)
    assert.deepEqual(states(bed), ['b ready'])
    assert.deepEqual(drained, ['fake a'])
  })

  it('that come back while they drain are members again, with what they have in flight', async () => {
    const first = Promise.withResolvers<typeof answer>()
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async (replica) => (replica === 'a' ? first.promise : answer),
    })
    bed.fleet.onDrained(() => assert.fail('it is a member'))
    const inFlight = bed.whole()
    bed.members('b')
    bed.members('a', 'b')
    first.resolve(answer)
    await inFlight
    assert.deepEqual(states(bed), ['a warming', 'b ready'])
    assert.equal(bed.status('a').attempts, 1)
  })

  it('are drained when the last version that has the address forgets it, and the version with its last member', () => {
    const bed = openBed({})
    const drained: string[] = []
    bed.fleet.onDrained((_backend, address) => drained.push(address))
    const member = { backend: 'fake', address: 'a', source: 'a' }
    bed.fleet.setMembers(key, [member])
    bed.fleet.setMembers('spam@v1/2.0', [member])
    bed.fleet.setMembers(key, [])
    assert.deepEqual(drained, [])
    assert.deepEqual(bed.fleet.status(key), [])
    bed.fleet.setMembers('spam@v1/2.0', [])
    assert.deepEqual(drained, ['a'])
  })

  it('of a version that was removed are forgotten with all that was known of them', async () => {
    const first = Promise.withResolvers<typeof answer>()
    const bed = openBed({ predict: () => first.promise })
    bed.fleet.setBarred(key, 'b', 'other files')
    bed.members()
    bed.members('b')
    assert.deepEqual(states(bed), ['b ready'])
    bed.fleet.setBarred(key, 'c', 'other files')
    const inFlight = bed.whole()
    bed.members()
    assert.deepEqual(states(bed), ['b draining'])
    first.resolve(answer)
    await inFlight
    bed.members('c')
    assert.deepEqual(states(bed), ['c ready'])
  })
})

describe('health', () => {
  it('of an address concerns every version; who comes back warms', async () => {
    const bed = openBed({ replicas: ['a', 'b'] })
    bed.members('a', 'b')
    bed.fleet.setMembers('spam@v1/2.0', [{ backend: 'fake', address: 'a', source: 'a' }])
    bed.clock.advance(5)
    bed.fleet.setHealth('fake', 'a', noAnswer)
    for (const version of [key, 'spam@v1/2.0']) {
      const [a] = bed.fleet.status(version)
      assert.deepEqual([a?.state, a?.reason, a?.since], ['down', 'no answer', 1_000_005])
    }
    for (let i = 0; i < 4; i++) assert.equal((await bed.whole()).attempts[0]?.replica, 'b')
    bed.fleet.setHealth('fake', 'a', undefined)
    assert.deepEqual(states(bed), ['a warming', 'b ready'])
  })

  it('is known of an address that joins later', () => {
    const bed = openBed({})
    bed.fleet.setHealth('fake', 'b', noAnswer)
    bed.members('a', 'b')
    assert.deepEqual(states(bed), ['a ready', 'b down'])
  })

  it('that is bad everywhere stops no call: the address is tried anyway', async () => {
    const bed = openBed({ replicas: ['a', 'b'] })
    bed.members('a', 'b')
    bed.fleet.setHealth('fake', 'a', noAnswer)
    bed.fleet.setHealth('fake', 'b', noAnswer)
    assert.equal((await bed.whole()).error, undefined)
  })

  it('sends calls without an answer elsewhere, where there is somebody to take them', async () => {
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async (replica, signal) => (replica === 'a' ? hang(signal) : answer),
    })
    const call = bed.whole()
    bed.fleet.setHealth('fake', 'a', noAnswer)
    const { error, attempts } = await call
    assert.equal(error, undefined)
    assert.deepEqual(
      attempts.map(({ replica, role, code, reason }) => [replica, role, code, reason]),
      [
        ['a', 'serve', 'upstream_failed', 'a fails its health checks: no answer'],
        ['b', 'retry', undefined, undefined],
      ],
    )
    assert.equal(bed.status('a').failures, 1)
  })

  const left: readonly [string, Parameters<typeof openBed>[0], ReplicasBefore][] = [
    ['the only replica', { replicas: ['a'] }, () => undefined],
    ['a call that may not be repeated', { replicas: ['a', 'b'], repeatable: false }, () => undefined],
    ['where the others are down too', { replicas: ['a', 'b'] }, (bed) => bed.fleet.setHealth('fake', 'b', noAnswer)],
    ['where the others are barred', { replicas: ['a', 'b'] }, (bed) => bed.fleet.setBarred(key, 'b', 'other files')],
  ]
  for (const [name, script, before] of left) {
    it(`leaves in peace ${name}`, async () => {
      const aborts: string[] = []
      const end = Promise.withResolvers<typeof answer>()
      const predict = async (replica: string, signal: AbortSignal) => {
        signal.addEventListener('abort', () => aborts.push(replica))
        return end.promise
      }
      const bed = openBed({ ...script, predict })
      bed.members(...(script.replicas ?? []))
      const call = bed.whole()
      before(bed)
      bed.fleet.setHealth('fake', 'a', noAnswer)
      end.resolve(answer)
      assert.equal((await call).error, undefined)
      assert.deepEqual(aborts, [])
    })
  }

  it('leaves in peace a stream of which the caller has a part', async () => {
    const bed = openBed({
      replicas: ['a', 'b'],
      async *stream(replica) {
        yield { type: 'chunk', chunk: { text: replica } }
        bed.fleet.setHealth('fake', replica, noAnswer)
        yield { type: 'chunk', chunk: { text: replica } }
      },
    })
    const { error, events, attempts } = await bed.streamed()
    assert.deepEqual([error, events.length, attempts.length], [undefined, 3, 1])
  })

  it('leaves in peace what is in flight at one that answers, until it falls silent', async () => {
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async (replica, signal) => (replica === 'a' ? hang(signal) : answer),
    })
    const call = bed.whole()
    bed.fleet.setHealth('fake', 'a', { reason: 'it is stopping', silent: false })
    for (let i = 0; i < 4; i++) assert.equal((await bed.whole()).attempts[0]?.replica, 'b')
    assert.deepEqual([bed.status('a').state, bed.status('a').inFlight], ['down', 1])
    bed.fleet.setHealth('fake', 'a', noAnswer)
    assert.deepEqual(
      (await call).attempts.map(({ replica }) => replica),
      ['a', 'b'],
    )
  })

  it('aborts no more calls than the retry budget pays for', async () => {
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async (replica, signal) => (replica === 'a' ? hang(signal) : answer),
    })
    bed.members('a')
    const leave = new AbortController()
    const calls = Array.from({ length: 100 }, () => bed.whole({ signal: leave.signal }))
    bed.members('a', 'b')
    bed.fleet.setHealth('fake', 'a', noAnswer)
    await new Promise(setImmediate)
    assert.equal(bed.status('a').inFlight, 100 - 30, 'a fifth of those in flight, and ten')
    leave.abort()
    const codes = (await Promise.all(calls)).map(({ error }) => error?.code)
    assert.deepEqual(
      [codes.filter((code) => code === undefined).length, codes.filter((code) => code === 'cancelled').length],
      [30, 70],
    )
  })
})

type ReplicasBefore = (bed: ReturnType<typeof openBed>) => void

describe('a barred address', () => {
  it('takes no call of its version, not even where it is the last, until that is lifted', async () => {
    const bed = openBed({ replicas: ['a'] })
    bed.fleet.setBarred(key, 'a', 'other files')
    const { error, attempts } = await bed.whole()
    assert.equal(error?.code, 'upstream_unavailable')
    assert.deepEqual(attempts, [])
    assert.deepEqual([bed.status('a').state, bed.status('a').reason], ['barred', 'other files'])
    bed.fleet.setBarred(key, 'a', undefined)
    assert.equal(bed.status('a').state, 'warming')
    assert.equal((await bed.whole()).error, undefined)
  })

  it('may be known before it joins', () => {
    const bed = openBed({})
    bed.fleet.setBarred(key, 'b', 'other files')
    bed.members('a', 'b')
    assert.deepEqual(states(bed), ['a ready', 'b barred'])
  })
})

describe('what attempts tell', () => {
  it('one that broke off unanswered or could not be made is suspicious; a busy or failing replica is not', async () => {
    const suspicious = async (error: AstraError) => {
      const bed = openBed({
        predict: async () => {
          throw error
        },
      })
      const suspected: string[] = []
      bed.fleet.onSuspicion((backend, address) => suspected.push(`${backend} ${address}`))
      await bed.whole()
      return suspected
    }
    assert.deepEqual(await suspicious(new AstraError('upstream_failed', { unanswered: true })), ['fake a'])
    assert.deepEqual(await suspicious(new AstraError('upstream_unavailable')), ['fake a'])
    assert.deepEqual(await suspicious(new AstraError('upstream_unavailable', { retryAfterMs: 1000 })), [])
    assert.deepEqual(await suspicious(new AstraError('upstream_failed')), [])
    assert.deepEqual(await suspicious(new AstraError('invalid_input')), [])
  })

  it('one that is known to be down is not suspected', async () => {
    const bed = openBed({ predict: refused })
    bed.members('a')
    bed.fleet.setHealth('fake', 'a', noAnswer)
    bed.fleet.onSuspicion(() => assert.fail('that is known'))
    assert.equal((await bed.whole()).attempts.length, 1)
  })

  it('one that refuses as busy does not draw the calls, until it answers again', async () => {
    let full = true
    const waiting = Promise.withResolvers<typeof answer>()
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async (replica) => {
        if (replica === 'b' && bed.status('b').inFlight === 1) return waiting.promise
        if (replica === 'b' && full) throw new AstraError('upstream_unavailable', { retryAfterMs: 1000 })
        return answer
      },
    })
    bed.members('b')
    const inFlight = bed.whole()
    assert.equal((await bed.whole()).error?.code, 'upstream_unavailable')
    bed.members('a', 'b')
    bed.clock.advance(500)
    const before = bed.status('b').attempts
    for (let i = 0; i < 10; i++) await bed.whole()
    assert.equal(bed.status('b').attempts, before)
    full = false
    waiting.resolve(answer)
    await inFlight
    bed.clock.advance(499)
    for (let i = 0; i < 10; i++) await bed.whole()
    assert.ok(bed.status('b').attempts > before)
  })

  it('a stream takes as long as its first chunk does: the rest is up to its reader', async () => {
    const bed = openBed({
      async *stream() {
        bed.clock.advance(40)
        yield { type: 'chunk', chunk: { text: 'a' } }
        yield { type: 'chunk', chunk: { text: 'b' } }
      },
    })
    await bed.streamed({}, () => bed.clock.advance(10_000))
    assert.equal(bed.status('a').latencyMs, 40)
  })

  it('counts, latency, and for two seconds the report of the replica', async () => {
    const bed = openBed({
      predict: async () => {
        bed.clock.advance(40)
        return { ...answer, waiting: 3 }
      },
    })
    await bed.whole()
    const { attempts, failures, latencyMs, waiting, inFlight } = bed.status('a')
    assert.deepEqual(
      { attempts, failures, latencyMs, waiting, inFlight },
      { attempts: 1, failures: 0, latencyMs: 40, waiting: 3, inFlight: 0 },
    )
    bed.clock.advance(2000)
    assert.equal(bed.status('a').waiting, undefined)
  })

  it('a caller who gives little time does not make a slow replica look fast', async () => {
    let tookMs = 100
    const bed = openBed({
      predict: async () => {
        bed.clock.advance(tookMs)
        if (tookMs !== 100) throw new AstraError('timeout')
        return answer
      },
    })
    await bed.whole()
    tookMs = 5
    await bed.whole()
    assert.equal(bed.status('a').latencyMs, 100)
    tookMs = 10_000
    await bed.whole()
    assert.ok((bed.status('a').latencyMs ?? 0) > 5000)
  })
})
