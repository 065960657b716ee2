import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { toAstraError } from '../../kernel/errors.ts'
import { afterWait } from '../assign/time-limit.ts'
import { createInFlight } from './in-flight.ts'
import { fittedCall, queueCatalog } from './queue/testing/queue-bed.ts'

const now = { ms: 0 }
const inFlight = () => createInFlight({ elapsed: () => now.ms })
const code = (thrown: unknown) => toAstraError(thrown).code
const at = <T>(given: T | Promise<T>): T => {
  assert.ok(!(given instanceof Promise), 'no promise where nothing is waited for')
  return given
}
const version = (id: string) => ({ options: { version: id } })

describe('places in flight, where none waits', () => {
  const catalog = queueCatalog({})

  it('are refused past the limit with a time to come back, per version', () => {
    const places = inFlight()
    at(places.place(fittedCall(catalog)))
    at(places.place(fittedCall(catalog)))
    assert.throws(
      () => places.place(fittedCall(catalog)),
      (error: { code?: string; facts?: { retryAfterMs?: number } }) =>
        error.code === 'overloaded' && error.facts?.retryAfterMs === 1000,
    )
    at(places.place(fittedCall(catalog, 'demo', version('1.1'))))
    assert.deepEqual([...places.waiting()], [])
  })

  it('come back once, however often they are released', () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    at(places.place(fittedCall(catalog)))
    first.release()
    first.release()
    at(places.place(fittedCall(catalog)))
    assert.throws(() => places.place(fittedCall(catalog)))
  })
})

describe('places in flight, where calls wait', () => {
  const catalog = queueCatalog({ inFlightMax: 1, queueMax: 2, timeoutMs: 1000 })
  beforeEach(() => {
    now.ms = 0
    mock.timers.enable({ apis: ['setTimeout'] })
  })
  afterEach(() => mock.timers.reset())
  const pass = (ms: number) => {
    now.ms += ms
    mock.timers.tick(ms)
  }
  const waits = (
    places: ReturnType<typeof inFlight>,
    ...call: [consumer?: string, over?: Parameters<typeof fittedCall>[2]]
  ) => {
    const place = places.place(fittedCall(catalog, ...call))
    assert.ok(place instanceof Promise)
    return place
  }

  it('go to whoever waits, who is told for how long', async () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    const second = waits(places)
    assert.deepEqual([...places.waiting()], [['spam', 1]])
    pass(300)
    first.release()
    assert.deepEqual([...places.waiting()], [])
    const { waitedMs, release } = await second
    assert.equal(waitedMs, 300)
    const third = waits(places)
    release()
    assert.equal((await third).waitedMs, 0)
  })

  it('are refused when as many wait as may, with the time by which their turn would be', async () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    const second = waits(places)
    waits(places)
    pass(900)
    first.release()
    await second
    waits(places)
    assert.throws(
      () => places.place(fittedCall(catalog)),
      (error: { code?: string; message?: string; facts?: { retryAfterMs?: number } }) => {
        assert.equal(error.code, 'overloaded')
        assert.equal(error.message, 'Version 1.0 of spam@v1 has 1 calls in flight and 2 waiting, its limits')
        assert.equal(error.facts?.retryAfterMs, 2700, 'one place in 900 ms, and two before it')
        return true
      },
    )
    assert.deepEqual(places.dropped(), [{ model: 'spam', reason: 'full', calls: 1 }])
  })

  it('are not waited for beyond the time limit', async () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    const late = assert.rejects(waits(places, 'demo', { options: { timeoutMs: 200 } }), (error: Error) => {
      assert.equal(code(error), 'timeout')
      assert.match(error.message, /^The time limit of 200 ms ran out while the call waited/)
      return true
    })
    const second = waits(places)
    pass(200)
    await late
    first.release()
    await second
    assert.deepEqual(places.dropped(), [{ model: 'spam', reason: 'timeout', calls: 1 }])
  })

  it('are waited for within what an earlier wait has left of the time limit', async () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    const waited = afterWait(fittedCall(catalog, 'demo', { options: { timeoutMs: 200 } }), 149.5)
    const late = assert.rejects(Promise.resolve(places.place(waited)), {
      code: 'timeout',
      message: 'The time limit of 200 ms ran out while the call waited for a free place',
    })
    const second = places.place(afterWait(fittedCall(catalog), 100))
    pass(51)
    assert.deepEqual(places.dropped(), [{ model: 'spam', reason: 'timeout', calls: 1 }])
    await late
    first.release()
    assert.equal((await second).waitedMs, 151)
  })

  it('are not given to a call whose time limit is over, though its timer is late', async () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    const late = assert.rejects(waits(places, 'demo', { options: { timeoutMs: 200 } }), { code: 'timeout' })
    const second = waits(places)
    now.ms = 200
    first.release()
    await late
    assert.equal((await second).waitedMs, 200)
  })

  it('are not waited for by a caller who left', async () => {
    const places = inFlight()
    const caller = new AbortController()
    const first = at(places.place(fittedCall(catalog)))
    const left = assert.rejects(waits(places, 'demo', { signal: caller.signal }), { code: 'cancelled' })
    caller.abort()
    await left
    assert.deepEqual([...places.waiting()], [])
    assert.throws(() => places.place(fittedCall(catalog, 'demo', { signal: caller.signal })), { code: 'cancelled' })
    first.release()
    at(places.place(fittedCall(catalog)))
  })

  it('are left to a call of higher priority by the newest of the lowest', async () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    const older = waits(places, 'low-0')
    const newer = assert.rejects(waits(places, 'low-0'), (error: Error) => {
      assert.equal(code(error), 'overloaded')
      assert.match(error.message, /this call made room for one that goes first$/)
      return true
    })
    const high = waits(places, 'high-0')
    await newer
    assert.throws(() => places.place(fittedCall(catalog, 'low-1')), { code: 'overloaded' })
    assert.deepEqual(
      places.dropped().map(({ reason, calls }) => [reason, calls]),
      [
        ['displaced', 1],
        ['full', 1],
      ],
    )
    first.release()
    ;(await high).release()
    await older
  })

  it('are left to another consumer by the one that has most waiting', async () => {
    const places = inFlight()
    at(places.place(fittedCall(catalog)))
    waits(places, 'normal-0')
    const newer = assert.rejects(waits(places, 'normal-0'), { code: 'overloaded' })
    waits(places, 'normal-1')
    await newer
    assert.throws(() => places.place(fittedCall(catalog, 'normal-0')), { code: 'overloaded' })
    assert.throws(() => places.place(fittedCall(catalog, 'normal-1')), { code: 'overloaded' })
  })

  it('are more at once when the limit is raised, and nobody overtakes', async () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    const second = waits(places)
    const third = waits(places)
    const raised = queueCatalog({ inFlightMax: 2, queueMax: 2 })
    const fourth = places.place(fittedCall(raised))
    await second
    assert.deepEqual([...places.waiting()], [['spam', 2]])
    first.release()
    ;(await third).release()
    await fourth
  })

  it('are never waited for by a fallback', async () => {
    const places = inFlight()
    const first = at(places.place(fittedCall(catalog)))
    const other = at(places.place(fittedCall(catalog, 'demo', version('1.1'))))
    assert.equal(first.place(other.version), undefined)
    const waiting = waits(places, 'demo', version('1.1'))
    other.release()
    assert.equal(first.place(other.version), undefined, 'who waits goes first')
    ;(await waiting).release()
    const release = first.place(other.version)
    assert.ok(release)
    const next = waits(places, 'demo', version('1.1'))
    release()
    await next
  })
})
