import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalog } from '../control/catalog/build-catalog.ts'
import { createFleet } from '../journey/dispatch/replicas/fleet.ts'
import { createMetrics } from '../journey/record/metrics.ts'
import { systemClock } from '../kernel/clock.ts'
import { meterReplicas, notServed } from './replica-facts.ts'

const version = { revision: 1, backend: 'oip', settings: {}, digest: 'sha256:0', immutable: true }
const [a, b] = ['http://a:1', 'http://b:1'] as const

function deployed(replicas: readonly string[] = [a, b]) {
  const contract = {
    task: 'custom' as const,
    streams: false,
    revisions: [{ input: {}, output: {} }],
    examples: [],
    limits: { bodyBytesMax: 1, itemsMax: 1, timeoutMs: 1, firstByteMs: 60_000, idleMs: 60_000, inFlightMax: 1 },
    versions: {
      '1': { ...version, replicas },
      '2': { ...version, backend: 'echo', replicas: [] },
      '0': { ...version, replicas: [a], retired: {} },
    },
    weights: {},
  }
  const state = { models: { m: { owner: 'o', defaultMajor: 1, contracts: { 1: contract } } }, consumers: {} }
  const catalog = buildCatalog({ revision: 1, time: 0, state, digests: {} }, systemClock)
  const fleet = createFleet({ clock: systemClock, random: Math.random })
  const members = [a, b].map((address) => ({ backend: 'oip', address, source: address }))
  fleet.setMembers('m@v1/1', members)
  return { catalog, fleet }
}

test('a version is not served when no replica takes its calls, and then each says why', () => {
  const { catalog, fleet } = deployed()
  assert.deepEqual(notServed(catalog, fleet), [])
  fleet.setBarred('m@v1/1', a, 'serves other files')
  assert.deepEqual(notServed(catalog, fleet), [], 'b serves it')
  fleet.setBarred('m@v1/1', b, 'has it not')
  const reason = 'http://a:1 is barred: serves other files; http://b:1 is barred: has it not'
  assert.deepEqual(notServed(catalog, fleet), [{ version: 'm@v1/1', reason }])
  for (const address of [a, b]) fleet.setBarred('m@v1/1', address, undefined)
  assert.deepEqual(notServed(catalog, fleet), [])
  for (const address of [a, b]) fleet.setHealth('oip', address, { reason: 'refused', silent: false })
  const down = 'http://a:1 is down: refused; http://b:1 is down: refused'
  assert.deepEqual(notServed(catalog, fleet), [{ version: 'm@v1/1', reason: down }])
})

test('a version whose names lead to no address is not served', () => {
  const { catalog, fleet } = deployed(['dns+http://none:1'])
  fleet.setMembers('m@v1/1', [])
  const reason = 'dns+http://none:1: no address is known'
  assert.deepEqual(notServed(catalog, fleet), [{ version: 'm@v1/1', reason }])
})

test('replicas are counted by state, those that are none too, for versions that have any', async () => {
  const { catalog, fleet } = deployed()
  const metrics = createMetrics()
  meterReplicas(metrics, () => catalog, fleet)
  const counts = async () =>
    [
      ...(await metrics.text()).matchAll(/^astra_replicas\{model="m",major="v1",version="1",state="(\w+)"\} (\d+)$/gm),
    ].map(([, state, count]) => `${state} ${count}`)
  assert.deepEqual(await counts(), [
    'ready 2',
    'warming 0',
    'failing 0',
    'down 0',
    'ejected 0',
    'barred 0',
    'draining 0',
  ])
  fleet.setHealth('oip', a, { reason: 'refused', silent: false })
  assert.deepEqual((await counts()).slice(0, 4), ['ready 1', 'warming 0', 'failing 0', 'down 1'])
  assert.equal((await metrics.text()).match(/^astra_replicas\{/gm)?.length, 7)
})
