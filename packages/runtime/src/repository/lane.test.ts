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

const settled = () => new Promise(setImmediate)

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
