import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noLatency, observe } from './latency.ts'

const near = (actual: number | undefined, expected: number) => assert.ok(Math.abs((actual ?? 0) - expected) < 1e-9)

test('the first sample is believed as it is, later ones by the time between them', () => {
  const latency = noLatency()
  assert.equal(latency.ms, undefined)
  observe(latency, 100, 0)
  assert.equal(latency.ms, 100)
  observe(latency, 200, 10_000)
  near(latency.ms, 100 / Math.E + 200 * (1 - 1 / Math.E))
})

test('a cold start is soon forgotten: at first it is the plain mean', () => {
  const latency = noLatency()
  observe(latency, 1000, 0)
  for (let i = 1; i < 100; i++) observe(latency, 10, i)
  near(latency.ms, (1000 + 99 * 10) / 100)
})

test('after that a burst counts as little as the time it takes', () => {
  const latency = noLatency()
  for (let i = 0; i < 10_000; i++) observe(latency, 10, i * 10)
  for (let i = 0; i < 10; i++) observe(latency, 1000, 100_000)
  assert.ok((latency.ms ?? 0) < 25, `${latency.ms}`)
})

test('without samples it fades beside one that has some: by e in ten seconds', () => {
  const [idle, busy] = [noLatency(), noLatency()]
  observe(idle, 100, 0)
  observe(busy, 100, 10_000)
  near(Math.exp((idle.rank ?? 0) - (busy.rank ?? 0)), 1 / Math.E)
  assert.equal(idle.ms, 100, 'the average itself stays')
})
