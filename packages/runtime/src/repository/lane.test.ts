import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLane } from './lane.ts'

function job() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const state = { started: false, resolve, reject }
  const run = () => {
    state.started = true
    return promise
  }
  return Object.assign(state, { run })
}

/** A place is handed on in a turn of the event loop of its own. */
async function settled(): Promise<void> {
  await new Promise(setImmediate)
  await new Promise(setImmediate)
}

test('jobs run so many at a time, in order, and a failed one makes room too', async () => {
  const lane = createLane({ width: 2, waitingMax: 10 })
  const jobs = [job(), job(), job(), job()] as const
  const results = jobs.map(({ run }) => lane.run(run).then(({ value }) => value, String))
  const started = async () => {
    await settled()
    return jobs.map((each) => each.started)
  }
  assert.deepEqual(await started(), [true, true, false, false])
  jobs[1].reject(new Error('broken'))
  assert.deepEqual(await started(), [true, true, true, false])
  jobs[0].resolve('a')
  assert.deepEqual(await started(), [true, true, true, true])
  jobs[2].resolve('c')
  jobs[3].resolve('d')
  assert.deepEqual(await Promise.all(results), ['a', 'Error: broken', 'c', 'd'])
})

test('one too many is refused at once, and the lane goes on', async () => {
  const lane = createLane({ width: 1, waitingMax: 1 })
  const [first, second] = [job(), job()]
  const running = lane.run(first.run)
  const waiting = lane.run(second.run)
  await assert.rejects(lane.run(job().run), { code: 'unavailable' })
  first.resolve('a')
  second.resolve('b')
  const [a, b] = await Promise.all([running, waiting])
  assert.deepEqual([a.value, b.value], ['a', 'b'])
  assert.equal((await lane.run(async () => 'c')).value, 'c')
})

test('a job whose signal aborts leaves the line at once, makes room in it, and never runs', async () => {
  const lane = createLane({ width: 1, waitingMax: 2 })
  const gone = new AbortController()
  const [first, abandoned, handedOn, last] = [job(), job(), job(), job()]
  const running = lane.run(first.run)
  const dropped = assert.rejects(lane.run(abandoned.run, gone.signal), { message: 'gone' })
  const late = new AbortController()
  const droppedLate = assert.rejects(lane.run(handedOn.run, late.signal), { message: 'gone' })
  gone.abort(new Error('gone'))
  await dropped
  const waiting = lane.run(last.run)
  first.resolve('a')
  await running
  late.abort(new Error('gone')) // Its place is on the way to it.
  await droppedLate
  last.resolve('b')
  assert.equal((await waiting).value, 'b')
  assert.deepEqual([abandoned.started, handedOn.started], [false, false])
})

test('time waited and time run are told apart', async () => {
  let time = 100
  const lane = createLane({ width: 1, waitingMax: 1, now: () => time })
  const [first, second] = [job(), job()]
  const running = lane.run(first.run)
  const waiting = lane.run(second.run)
  await settled()
  time += 5
  first.resolve('a')
  assert.deepEqual(await running, { value: 'a', queueMs: 0, computeMs: 5 })
  await settled()
  time += 3
  second.resolve('b')
  assert.deepEqual(await waiting, { value: 'b', queueMs: 5, computeMs: 3 })
})
