import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { vendorAddress } from '../plan/testing/fake-vendor.ts'
import { watching } from './testing/watching.ts'

const [v1, v2] = ['m@v1/1', 'm@v1/2'] as const
const vendor = (apiKey: string) => ({
  backend: 'vendor',
  settings: { model: 'a', apiKey },
  replicas: [vendorAddress],
  immutable: false,
})

describe('a replica that cannot be probed', () => {
  it('is ready at once, and nobody waits for it or tells of it', async () => {
    const { follow, fleet, time, log, probes } = watching()
    const { followed } = await follow({ 1: vendor('KEY') })
    await followed
    assert.deepEqual(fleet.serving(v1), [vendorAddress])
    assert.equal(time.waiting, 0)
    await time.advance(600_000)
    fleet.suspect(vendorAddress, 'vendor')
    await time.advance(600_000)
    assert.deepEqual([fleet.serving(v1), time.waiting, log, probes], [[vendorAddress], 0, [], []])
  })

  it('joins a running gateway without being looked at, as plan has inspected it', async () => {
    const { follow, fleet, time, log } = watching()
    await follow({})
    await follow({ 1: vendor('KEY') })
    assert.deepEqual([fleet.serving(v1), time.waiting, log], [[vendorAddress], 0, []])
  })

  it('is barred for a version whose secret is missing when the gateway starts, and for no other', async () => {
    const { follow, fleet, log } = watching()
    const { followed } = await follow({ 1: vendor('GONE'), 2: vendor('KEY'), 3: ['http://a:1'] })
    await followed
    assert.deepEqual([fleet.serving(v1), fleet.serving(v2)], [[], [vendorAddress]])
    assert.deepEqual(fleet.serving('m@v1/3'), ['http://a:1'])
    const reason = 'names the variable GONE, which is not set'
    assert.deepEqual([...fleet.barred], [[`${v1} ${vendorAddress}`, reason]])
    const ofVendor = log.filter((line) => !line.startsWith('m@v1/3'))
    assert.deepEqual(ofVendor, [`${v1}: a replica may not serve this version: ${reason}`])
  })

  it('is asked again ever more seldom, and serves once the secret is there', async () => {
    const { follow, fleet, time, log, secrets } = watching()
    await follow({ 1: vendor('GONE') })
    await time.advance(3_600_000)
    assert.equal(log.length, 1)
    assert.equal(time.waiting, 1)
    secrets.add('GONE')
    await time.advance(300_000)
    assert.deepEqual([fleet.serving(v1), time.waiting], [[vendorAddress], 0])
    assert.deepEqual(log.slice(1), [`${v1}: a replica serves this version as applied`])
  })

  it('serves at once with another secret in the manifest, and leaves no version meanwhile', async () => {
    const { follow, fleet, time } = watching()
    await follow({ 1: vendor('GONE'), 2: vendor('KEY') })
    fleet.told.length = 0
    await follow({ 1: vendor('KEY'), 2: vendor('GONE') })
    assert.deepEqual([fleet.serving(v1), fleet.serving(v2)], [[vendorAddress], [vendorAddress]])
    assert.deepEqual([fleet.told, time.waiting], [[], 0])
  })
})

it('a version that finds its way itself is not watched', async () => {
  const { follow, fleet, time, log } = watching()
  await follow({ 1: { ...vendor('GONE'), replicas: [] } })
  assert.deepEqual([fleet.told, time.waiting, log], [[], 0, []])
})
