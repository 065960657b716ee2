import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, key, openBed } from '../testing/dispatch-bed.ts'

test('of four replicas one is ten times slower: its share falls far below a quarter, and rises when it is fast', async (t) => {
  const tookMs = new Map([['slow', 100]])
  const bed = openBed({
    replicas: ['slow', 'b', 'c', 'd'],
    predict: (replica) => new Promise((resolve) => bed.clock.after(tookMs.get(replica) ?? 10, () => resolve(answer))),
  })
  let running = true
  const caller = async () => {
    while (running) assert.equal((await bed.whole()).error, undefined)
  }
  const callers = Promise.all(Array.from({ length: 16 }, caller))
  const shareUntil = async (ms: number) => {
    const counts = () => bed.fleet.status(key).map(({ attempts }) => attempts)
    const before = counts()
    await bed.clock.runTo(ms)
    const made = counts().map((count, i) => count - (before[i] ?? 0))
    return (made[0] ?? 0) / made.reduce((sum, count) => sum + count, 0)
  }
  const whileSlow = await shareUntil(2000)
  tookMs.set('slow', 10)
  await shareUntil(2200)
  const onceFast = await shareUntil(4000)
  running = false
  await bed.clock.runTo(5000)
  await callers
  t.diagnostic(
    `its share of the attempts: ${(100 * whileSlow).toFixed(1)} % while slow, ${(100 * onceFast).toFixed(1)} % after`,
  )
  assert.ok(whileSlow < 0.08, `${whileSlow} while slow`)
  assert.ok(onceFast > 0.2 && onceFast < 0.3, `${onceFast} once fast`)
})

test('a lone caller comes to pass over the slow one too, by its latency', async (t) => {
  const tookMs = new Map([['slow', 100]])
  const bed = openBed({
    replicas: ['slow', 'b', 'c', 'd'],
    predict: async (replica) => {
      bed.clock.advance(tookMs.get(replica) ?? 10)
      return answer
    },
  })
  const share = async (calls: number) => {
    const before = bed.fleet.status(key)[0]?.attempts ?? 0
    for (let i = 0; i < calls; i++) await bed.whole()
    return ((bed.fleet.status(key)[0]?.attempts ?? 0) - before) / calls
  }
  const whileSlow = await share(6000)
  tookMs.clear()
  await share(3000)
  const onceFast = await share(1000)
  t.diagnostic(
    `its share of the attempts: ${(100 * whileSlow).toFixed(1)} % while slow, ${(100 * onceFast).toFixed(1)} % after`,
  )
  assert.ok(whileSlow < 0.08, `${whileSlow} while slow`)
  assert.ok(onceFast > 0.2 && onceFast < 0.3, `${onceFast} once fast`)
})
