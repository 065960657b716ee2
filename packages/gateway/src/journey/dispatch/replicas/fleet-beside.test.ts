import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Version } from '../../../kernel/catalog.ts'
import { testCatalog } from '../../testing/fixtures.ts'
import { createFleet } from './fleet.ts'
import { fleetsBeside } from './fleet-beside.ts'

const clock = { now: () => 0, elapsed: () => 0, id: () => '' }
const known: Readonly<Record<string, readonly string[]>> = { 'dns+http://models:8000': ['http://10.0.0.1:8000'] }
const ports = { clock, random: () => 0, addresses: (entry: string) => known[entry] ?? [entry] }

function versionOf(catalog: ReturnType<typeof testCatalog>, id: string): Version {
  return catalog.model('spam')?.contracts.get(1)?.versions.get(id) ?? assert.fail(id)
}

test('a version that only another catalog has is asked where that lists it, names as last known', () => {
  const fleet = createFleet(ports)
  const beside = fleetsBeside(fleet, ports)
  const active = testCatalog({ '1.0': 1 }, { versions: { '1.0': { replicas: ['a'] } } })
  const served = fleet.groupOf(versionOf(active, '1.0'))
  const versions = { '1.0': { replicas: ['b'] }, '2.0': { replicas: ['dns+http://models:8000', 'c'] }, '2.1': {} }
  const candidate = testCatalog({ '1.0': 1 }, { versions })
  const groups = beside(candidate)
  assert.equal(beside(candidate), groups)
  assert.equal(groups.groupOf(versionOf(candidate, '1.0')), served, 'the fleet knows best who serves what is deployed')
  const addresses = (id: string) =>
    groups
      .groupOf(versionOf(candidate, id))
      .status(clock)
      .map(({ address, state }) => `${address} ${state}`)
  assert.deepEqual(addresses('2.0'), ['http://10.0.0.1:8000 ready', 'c ready'])
  assert.deepEqual(addresses('2.1'), ['gateway ready'], 'one that runs inside the gateway has a nameless replica')
  assert.deepEqual(fleet.status('spam@v1/2.0'), [])
})
