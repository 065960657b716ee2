import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import { AstraError, toAstraError } from '../../kernel/errors.ts'
import { createHedgeBudget } from './hedge-budget.ts'
import { answer, hang, type Outcome, openBed, type Script } from './testing/dispatch-bed.ts'
import { passTime } from './testing/pass-time.ts'

const hedge = { afterMs: 100, share: 1 }
const told = ({ attempts }: Outcome) =>
  attempts.map(({ role, replica, code }) => `${role} ${replica}${code ? ` ${code}` : ''}`).sort()

/** Replicas that answer after so many ms; those that are not named never do. */
function bedOf(tookMs: Readonly<Record<string, number>>, over: Partial<Script> = {}) {
  const wait = async (replica: string, signal: AttemptSignal) => {
    const ms = tookMs[replica]
    if (ms === undefined) return hang(signal)
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  return openBed({
    contract: { hedge },
    replicas: ['a', 'b'],
    predict: async (replica, signal) => {
      await wait(replica, signal)
      return answer
    },
    stream: async function* (replica, signal) {
      await wait(replica, signal)
      yield { type: 'chunk', chunk: { text: replica } }
    },
    ...over,
  })
}

describe('a hedged call', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  for (const kind of ['whole', 'streamed'] as const) {
    it(`(${kind}) that is answered in time has one attempt`, async () => {
      const bed = bedOf({ a: 50, b: 50 })
      const outcome = bed[kind]()
      await passTime(bed.clock, 50)
      assert.deepEqual(told(await outcome), ['serve a'])
    })

    it(`(${kind}) that is not gets a second one, and the other is let go`, async () => {
      const bed = bedOf({ b: 50 })
      const outcome = bed[kind]()
      await passTime(bed.clock, 150)
      const done = await outcome
      assert.equal(done.error, undefined)
      assert.deepEqual(told(done), ['hedge b', 'serve a cancelled'])
      assert.equal(done.attempts.find(({ code }) => code)?.reason, 'another attempt was faster')
      assert.equal(bed.status('a').inFlight + bed.status('b').inFlight, 0)
    })

    it(`(${kind}) is answered by the first one when that is faster`, async () => {
      const bed = bedOf({ a: 150 })
      const outcome = bed[kind]()
      await passTime(bed.clock, 150)
      assert.deepEqual(told(await outcome), ['hedge b cancelled', 'serve a'])
    })

    it(`(${kind}) with a single replica is hedged at the next version`, async () => {
      const contract = { hedge, fallback: ['1.1'] }
      const bed = bedOf({ c: 50 }, { replicas: ['a'], versions: { '1.1': { replicas: ['c'] } }, contract })
      const outcome = bed[kind]()
      await passTime(bed.clock, 150)
      const done = await outcome
      assert.deepEqual([told(done), done.version], [['hedge c', 'serve a cancelled'], '1.1'])
    })

    it(`(${kind}) ends for both when its time is up`, async () => {
      const bed = bedOf({})
      const outcome = bed[kind]({ options: { timeoutMs: 500 } })
      await passTime(bed.clock, 500)
      const done = await outcome
      assert.deepEqual([told(done), done.error?.code], [['hedge b timeout', 'serve a timeout'], 'timeout'])
    })
  }

  it('tells upstream at once that the other is not wanted', async () => {
    const signals = new Map<string, AttemptSignal>()
    const bed = bedOf(
      {},
      {
        predict: async (replica, signal) => {
          signals.set(replica, signal)
          if (replica === 'a') return hang(signal)
          return answer
        },
      },
    )
    const outcome = bed.whole()
    await passTime(bed.clock, 150)
    await outcome
    assert.equal(toAstraError(signals.get('a')?.reason).code, 'cancelled')
    assert.equal(signals.get('b')?.aborted, false)
  })

  it('lets go of a stream that begins in the same moment as the one that wins', async () => {
    const ended: string[] = []
    const bed = bedOf(
      {},
      {
        stream: async function* (replica) {
          try {
            await new Promise((resolve) => setTimeout(resolve, replica === 'a' ? 150 : 50))
            yield { type: 'chunk', chunk: { text: replica } }
          } finally {
            ended.push(replica)
          }
        },
      },
    )
    const outcome = bed.streamed()
    await passTime(bed.clock, 200)
    const { events } = await outcome
    assert.equal(events.length, 2)
    assert.deepEqual(ended.sort(), ['a', 'b'])
  })

  it('is told and measured by the attempt that won', async () => {
    const contract = { hedge, fallback: ['1.1'], task: 'chat' as const }
    const bed = bedOf(
      {},
      {
        replicas: ['a'],
        versions: { '1.1': { replicas: ['c'] } },
        contract,
        upstreamModel: () => 'vendor/model',
        stream: async function* (replica, signal) {
          if (replica === 'c') yield await hang(signal)
          await new Promise((resolve) => setTimeout(resolve, 150))
          yield { type: 'usage', usage: { inputTokens: 3, outputTokens: 1 } }
          yield { type: 'chunk', chunk: { text: 'x' } }
          throw new AstraError('upstream_failed')
        },
      },
    )
    const outcome = bed.streamed()
    await passTime(bed.clock, 200)
    const { attempts, version, spent } = await outcome
    assert.deepEqual([attempts.at(-1)?.version, version], ['1.0', '1.0'])
    assert.deepEqual(spent, { items: 1, inputTokens: 3, outputTokens: 1 })
  })

  it('is told what the one that was let go, or failed, had used up', async () => {
    for (const [ends, usage] of [
      ['hangs', { items: 1, inputTokens: 3, outputTokens: 0, estimated: true }],
      ['fails', { items: 1, inputTokens: 3, outputTokens: 0, estimated: true }],
    ] as const) {
      const bed = bedOf(
        {},
        {
          contract: { hedge, task: 'chat' },
          upstreamModel: () => 'vendor/model',
          stream: async function* (replica, signal) {
            if (replica === 'a') {
              yield { type: 'usage', usage: { inputTokens: 3 } }
              await new Promise((resolve) => setTimeout(resolve, 120))
              if (ends === 'hangs') await hang(signal)
              throw new AstraError('upstream_failed')
            }
            await new Promise((resolve) => setTimeout(resolve, 50))
            yield { type: 'usage', usage: { inputTokens: 4, outputTokens: 1 } }
            yield { type: 'chunk', chunk: { text: 'x' } }
          },
        },
      )
      const outcome = bed.streamed()
      await passTime(bed.clock, 200)
      const { used, spent } = await outcome
      const lost = used.find(({ attempt }) => attempt.replica === 'a')
      assert.deepEqual([await lost?.usage, lost?.ran], [usage, true], ends)
      assert.deepEqual([used.length, spent], [2, { items: 1, inputTokens: 4, outputTokens: 1 }])
    }
  })

  it('goes on with the first, within its time, when the second cannot begin', async () => {
    // Its backend is unknown.
    const over = { replicas: ['a'], versions: { '1.1': { backend: 'gone' } }, contract: { hedge, fallback: ['1.1'] } }
    const bed = bedOf({ a: 300 }, over)
    const outcome = bed.whole()
    await passTime(bed.clock, 300)
    const done = await outcome
    assert.deepEqual([told(done), done.error], [['serve a'], undefined])
    const late = bedOf({}, over)
    const outOfTime = late.whole({ options: { timeoutMs: 500 } })
    await passTime(late.clock, 500)
    assert.equal((await outOfTime).error?.code, 'timeout')
  })

  it('goes on with the second when the first fails, and the other way round', async () => {
    for (const fails of ['a', 'b']) {
      const bed = bedOf(
        {},
        {
          predict: async (replica) => {
            await new Promise((resolve) => setTimeout(resolve, replica === fails ? 150 : 300))
            if (replica === fails) throw new AstraError('upstream_failed')
            return answer
          },
        },
      )
      const outcome = bed.whole()
      await passTime(bed.clock, 450)
      const done = await outcome
      assert.equal(done.error, undefined, `${fails} failed`)
      assert.deepEqual(
        done.attempts.map(({ replica, code }) => [replica, code]),
        [
          [fails, 'upstream_failed'],
          [fails === 'a' ? 'b' : 'a', undefined],
        ],
      )
    }
  })

  it('fails when both do', async () => {
    const bed = bedOf(
      {},
      {
        predict: async () => {
          await new Promise((resolve) => setTimeout(resolve, 150))
          throw new AstraError('upstream_failed')
        },
      },
    )
    const outcome = bed.whole()
    await passTime(bed.clock, 300)
    const done = await outcome
    assert.deepEqual([told(done).length, done.error?.code], [2, 'upstream_failed'])
  })

  it('is not hedged where there is nobody else', async () => {
    const bed = bedOf({ a: 300 }, { replicas: ['a'] })
    const outcome = bed.whole()
    await passTime(bed.clock, 300)
    assert.deepEqual(told(await outcome), ['serve a'])
  })
})

describe('the hedge budget', () => {
  const contractOf = (share: number) => openBed({ contract: { hedge: { afterMs: 1, share } } }).version.contract

  it('is the share of the calls', () => {
    const budget = createHedgeBudget()
    const contract = contractOf(0.1)
    let hedges = 0
    for (let i = 0; i < 1000; i++) {
      budget.call(contract)
      if (budget.take(contract)) hedges++
    }
    assert.equal(hedges, 100)
  })

  it('saves up ten at most', () => {
    const budget = createHedgeBudget()
    const contract = contractOf(1)
    for (let i = 0; i < 1000; i++) budget.call(contract)
    let hedges = 0
    while (budget.take(contract)) hedges++
    assert.equal(hedges, 10)
  })
})
