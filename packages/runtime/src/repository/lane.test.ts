import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLane } from './lane.ts'

test('jobs run so many at a time, in order, and a failed one makes room too', async () => {
  const lane = createLane(2)
  const started: number[] = []
  const jobs = Array.from({ length: 4 }, () => Promise.withResolvers<string>())
  const results = jobs.map(({ promise }, index) =>
    lane
      .run(() => {
        started.push(index)
        return promise
      })
      .catch(String),
  )
  const nowStarted = async () => {
    await new Promise(setImmediate)
    return started.join()
  }
  assert.equal(await nowStarted(), '0,1')
  jobs[1]?.reject(new Error('broken'))
  assert.equal(await nowStarted(), '0,1,2')
  jobs[0]?.resolve('a')
  assert.equal(await nowStarted(), '0,1,2,3')
  jobs[2]?.resolve('c')
  jobs[3]?.resolve('d')
  assert.deepEqual(await Promise.all(results), ['a', 'Error: broken', 'c', 'd'])
  assert.equal(await lane.run(async () => 'e'), 'e')
})
