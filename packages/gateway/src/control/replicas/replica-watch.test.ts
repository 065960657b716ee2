import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { watching } from './testing/watching.ts'

const [a, b, c] = ['http://a:1', 'http://b:1', 'http://c:1'] as const
const v = 'm@v1/1'
const never = new AbortController().signal

describe('members', () => {
  it('are the addresses of every live version of a remote backend', async () => {
    const { follow, fleet } = watching()
    await follow({ 1: [a, b, a], 2: { replicas: [b], retired: {} }, 3: { backend: 'echo', digest: 'd' } })
    assert.deepEqual(fleet.told, [`members ${v} ${a} ${b}`])
  })

  it('follow the catalog: told only of what changed, and versions that went are dropped', async () => {
    const { follow, fleet, probes, time } = watching()
    await follow({ 1: [a], 2: [b], 3: { backend: 'echo', digest: 'd' } })
    fleet.told.length = 0
    await follow({ 1: [a] })
    assert.deepEqual(fleet.told, ['members m@v1/2', 'members m@v1/3'])
    await follow({ 1: [a, c] })
    assert.deepEqual(fleet.told.slice(2), [`members ${v} ${a} ${c}`])
    assert.deepEqual(fleet.serving(v), [a, c], 'plan has inspected c')
    probes.length = 0
    await time.advance(5000)
    assert.deepEqual([...new Set(probes)].sort(), [a, c], 'nobody looks at b any more')
  })

  it('that drained are let go of, unless they came back', async () => {
    const { follow, fleet, released } = watching()
    await follow({ 1: [a, b] })
    await follow({ 1: [a] })
    fleet.drain(b)
    fleet.drain(a)
    assert.deepEqual(released, [b])
  })
})

describe('health', () => {
  it('two failures in a row are down, one success is up; each is logged once, with its reason', async () => {
    const { follow, fleet, time, set, log } = watching()
    await follow({ 1: [a, b] })
    set(a, { health: 'refused' })
    await time.advance(2000)
    assert.deepEqual(fleet.serving(v), [a, b], 'one failure')
    await time.advance(2000)
    assert.deepEqual([...fleet.down], [[a, 'refused']])
    await time.advance(60_000)
    set(a, { health: 'loading its models' })
    await time.advance(2000)
    assert.deepEqual([...fleet.down], [[a, 'loading its models']])
    set(a, { health: 'up' })
    await time.advance(2000)
    assert.deepEqual(fleet.serving(v), [a, b])
    const ofA = log.filter((line) => line.startsWith(a))
    assert.deepEqual(ofA, [`${a}: a replica is down: refused`, `${a}: a replica is back`])
  })

  it('a single failure between successes is none', async () => {
    const { follow, fleet, time, set } = watching()
    await follow({ 1: [a] })
    for (let turn = 0; turn < 5; turn++) {
      set(a, { health: 'refused' })
      await time.advance(2000)
      set(a, { health: 'up' })
      await time.advance(2000)
    }
    assert.equal(fleet.down.size, 0)
  })

  it('one that accepts and never answers is down within 6 s', async () => {
    const { follow, fleet, time, set } = watching()
    await follow({ 1: [a] })
    set(a, { health: 'hung' })
    await time.advance(6000)
    assert.deepEqual([...fleet.down], [[a, 'did not answer within 2 s']])
  })

  it('only one that falls silent has its attempts in flight given up, not one that answers that it is not ready', async () => {
    const { follow, fleet, time, set } = watching()
    await follow({ 1: [a] })
    set(a, { health: 'it is stopping' })
    await time.advance(4000)
    assert.deepEqual([[...fleet.down], [...fleet.silent]], [[[a, 'it is stopping']], []])
    set(a, { health: 'cut off' })
    await time.advance(2000)
    assert.deepEqual([...fleet.silent], [a])
    set(a, { health: 'up' })
    await time.advance(2000)
    set(a, { health: 'hung' })
    await time.advance(8000)
    assert.deepEqual([[...fleet.down.keys()], [...fleet.silent]], [[a], [a]])
  })

  it('suspicion looks at once, one probe at a time and not more often than every 200 ms', async () => {
    const { follow, fleet, time, set, probes } = watching()
    await follow({ 1: [a] })
    await time.advance(1000)
    set(a, { health: 'refused' })
    const before = probes.length
    const storm = async (ms: number) => {
      for (let i = 0; i < ms; i += 10) {
        for (let n = 0; n < 50; n++) fleet.suspect(a)
        await time.advance(10)
      }
    }
    await storm(10)
    assert.equal(probes.length - before, 1)
    await storm(180)
    assert.equal(probes.length - before, 1)
    await storm(20)
    assert.equal(probes.length - before, 2)
    assert.deepEqual([...fleet.down], [[a, 'refused']], 'down after 200 ms')
    set(a, { health: 'hung' })
    await storm(2000)
    const hung = probes.length
    await storm(190)
    assert.ok(probes.length - hung <= 1, 'one at a time')
    fleet.suspect('http://nobody:1')
  })

  it('probes of many addresses are bounded, and each address has one timer', async () => {
    const { follow, time, set, probes } = watching()
    const many = Array.from({ length: 100 }, (_, i) => `http://h${i}:1`)
    for (const address of many) set(address, { health: 'hung' })
    await follow(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(i), many])))
    assert.equal(probes.length, 32)
    assert.ok(time.waiting <= many.length + 1, `${time.waiting} timers`)
  })

  it('an address that leaves while its probe waits for its turn is not probed', async () => {
    const { follow, time, set, probes } = watching()
    const many = Array.from({ length: 40 }, (_, i) => `http://h${i}:1`)
    for (const address of many) set(address, { health: 'hung' })
    await follow({ 1: many })
    assert.equal(probes.length, 32)
    await follow({ 1: [a] })
    await time.advance(10_000)
    assert.deepEqual([...new Set(probes.slice(32))], [a])
  })
})

describe('what was applied', () => {
  it('at the start no replica serves before it was verified; a start waits for that, and no longer than 2 s', async () => {
    const { follow, fleet, time, set } = watching()
    set(a, { health: 'hung' })
    set(c, { digest: 'sha256:2' })
    let started = false
    const { followed } = await follow({ 1: [a, b, c] })
    void followed.then(() => {
      started = true
    })
    await time.advance(1999)
    assert.equal(started, false)
    assert.deepEqual(fleet.told, [])
    await time.advance(1)
    await time.settle()
    assert.equal(started, true)
    assert.deepEqual(fleet.told, [`members ${v} ${a} ${b} ${c}`], 'together')
    assert.deepEqual(fleet.serving(v), [b])
    assert.match(fleet.barred.get(`${v} ${c}`) ?? '', /^serves other files than those applied: put those back/)
    assert.equal(fleet.down.get(a), 'did not answer within 2 s')
    assert.match(fleet.barred.get(`${v} ${a}`) ?? '', /not compared yet .*: did not answer within 2 s/)
    set(a, { health: 'up' })
    await time.advance(2000)
    assert.deepEqual(fleet.serving(v), [a, b])
  })

  it('one that comes back with other files is barred before it is up, and serves once they are back', async () => {
    const { follow, fleet, time, set, log } = watching()
    await follow({ 1: [a, b], 2: { replicas: [a], immutable: false } })
    set(a, { health: 'refused' })
    await time.advance(4000)
    set(a, { health: 'up', digest: 'sha256:2' })
    await time.advance(2000)
    assert.equal(fleet.down.size, 0)
    assert.deepEqual(fleet.serving(v), [b])
    assert.deepEqual(fleet.serving('m@v1/2'), [a], 'what gives no digest cannot be held to one')
    assert.equal(log.filter((line) => line.includes('may not serve')).length, 1)
    set(a, { digest: 'sha256:1' })
    await time.advance(12_000)
    assert.deepEqual(fleet.serving(v), [a, b])
  })

  it('a process that began anew is verified though it was never down', async () => {
    const { follow, fleet, time, set, watch } = watching()
    await follow({ 1: [a, b] })
    set(a, { digest: 'none' })
    await time.advance(10_000)
    assert.deepEqual(fleet.serving(v), [a, b], 'nobody asks what is well')
    watch.reappeared(a)
    await time.settle()
    await watch.verified(a)
    assert.deepEqual(fleet.serving(v), [b])
    assert.equal(fleet.barred.get(`${v} ${a}`), `${a} has no m`)
  })

  it('one that cannot be asked goes on serving what it was known to serve, and nothing else', async () => {
    const { follow, fleet, time, set, watch } = watching()
    set(b, { digest: 'loading' })
    await follow({ 1: [a, b] })
    assert.deepEqual(fleet.serving(v), [a])
    assert.match(fleet.barred.get(`${v} ${b}`) ?? '', /m is not ready/)
    set(a, { digest: 'loading' })
    watch.reappeared(a)
    await time.advance(30_000)
    assert.deepEqual(fleet.serving(v), [a])
    set(b, { digest: 'sha256:1' })
    await time.advance(34_000)
    assert.deepEqual(fleet.serving(v), [a, b])
  })

  it('one that was away for a single probe is verified, and one that broke off an attempt', async () => {
    for (const away of ['missed', 'broke off'] as const) {
      const { follow, fleet, time, set } = watching()
      await follow({ 1: [a, b] })
      await time.advance(5000)
      if (away === 'broke off') fleet.suspect(a)
      else {
        set(a, { health: 'refused' })
        await time.advance(1900)
      }
      set(a, { health: 'up', digest: 'sha256:2' })
      await time.advance(2100)
      assert.equal(fleet.down.size, 0)
      assert.deepEqual(fleet.serving(v), [b], away)
    }
  })

  it('one that was exchanged between two probes is verified, though none failed', async () => {
    const { follow, fleet, time, set, inspected } = watching()
    set(a, { identity: 'first' })
    await follow({ 1: [a, b] })
    await time.advance(10_000)
    assert.deepEqual(inspected.toSorted(), [`${a} missing`, `${b} missing`], 'as long as it stays the same, once')
    set(a, { identity: 'second', digest: 'sha256:2' })
    await time.advance(2000)
    assert.deepEqual(fleet.serving(v), [b])
    assert.equal(fleet.down.size, 0)
  })

  it('one that was exchanged before its first probe, after plan saw it, is verified', async () => {
    const { follow, fleet, time, set } = watching()
    await follow({ 1: [b] })
    await follow({ 1: [a, b] })
    set(a, { identity: 'other', digest: 'sha256:2' })
    await time.advance(2000)
    assert.deepEqual(fleet.serving(v), [b])
  })

  it('one that is another at every probe is verified every 2 s at most, and that is said once', async () => {
    const { follow, fleet, time, set, inspected, log } = watching()
    let turn = 0
    set(a, { identity: () => String(turn++) })
    await follow({ 1: [a] })
    inspected.length = 0
    await time.advance(60_000)
    assert.ok(inspected.length >= 15 && inspected.length <= 30, `${inspected.length} times in 60 s`)
    assert.deepEqual(fleet.serving(v), [a])
    assert.equal(log.filter((line) => line.includes('keeps no connection')).length, 1)
  })

  it('one that comes back takes no calls for a version while that is verified, even if it was just being asked', async () => {
    const { follow, fleet, time, set, answerHung } = watching()
    await follow({ 1: [a, b], 2: { replicas: [a], immutable: false } })
    await time.advance(3000)
    set(a, { digest: 'hung' })
    fleet.suspect(a)
    await time.advance(1000)
    set(a, { health: 'refused' })
    await time.advance(4000)
    assert.deepEqual([...fleet.down.keys()], [a])
    set(a, { health: 'up' })
    await time.advance(5000)
    assert.equal(fleet.down.size, 0)
    assert.deepEqual(fleet.serving('m@v1/2'), [a], 'the address is up')
    assert.deepEqual(fleet.serving(v), [b])
    answerHung(0)
    await time.settle()
    assert.deepEqual(fleet.serving(v), [b], 'that was asked before it was away')
    answerHung(1)
    await time.settle()
    assert.deepEqual(fleet.serving(v), [a, b])
  })

  it('an address that is doubted all the time is verified every 2 s, and loads only what is missing', async () => {
    const { follow, fleet, time, inspected } = watching()
    await follow({ 1: [a] })
    await time.advance(3000)
    inspected.length = 0
    for (let ms = 0; ms < 10_000; ms += 100) {
      fleet.suspect(a)
      await time.advance(100)
    }
    assert.ok(inspected.length >= 4 && inspected.length <= 6, `${inspected.length}`)
    assert.deepEqual([...new Set(inspected)], [`${a} missing`])
  })

  it('one that stays other is asked ever more seldom, at least every 5 minutes; being away starts that anew', async () => {
    const { follow, time, set, inspected } = watching()
    set(a, { digest: 'sha256:2' })
    await follow({ 1: [a] })
    const asked = async (ms: number) => {
      inspected.length = 0
      await time.advance(ms)
      return inspected.length
    }
    assert.equal(await asked(60_000), 4)
    assert.ok((await asked(3_600_000)) <= 15)
    assert.ok((await asked(310_000)) >= 1)
    set(a, { health: 'refused' })
    await time.advance(4000)
    set(a, { health: 'up' })
    assert.equal(await asked(20_000), 4)
  })

  it('one slow version does not keep an address down for the others', async () => {
    const { follow, fleet, time, set } = watching()
    await follow({ 1: [a] })
    set(a, { health: 'refused' })
    await time.advance(4000)
    set(a, { health: 'up', digest: 'hung' })
    await time.advance(4000)
    assert.equal(fleet.down.size, 0)
  })
})

describe('names', () => {
  const name = 'dns+http://models.example:8000'
  const host = 'models.example'

  it('stand for every address they resolve to; new ones are verified first, and gone ones leave', async () => {
    const { follow, fleet, names, time, set, lookUps } = watching()
    names.set(host, ['10.0.0.2', '10.0.0.1', '::1'])
    await follow({ 1: [a, name], 2: [name] })
    const [one, two, six, three] = ['10.0.0.1', '10.0.0.2', '[::1]', '10.0.0.3'].map((ip) => `http://${ip}:8000`)
    assert.deepEqual(fleet.addresses(v), [a, one, two, six])
    assert.deepEqual(fleet.sources(v), [a, name, name, name])
    assert.deepEqual(fleet.serving(v), [a, one, two, six])
    assert.deepEqual(lookUps, [host], 'once for both versions')
    set(three ?? '', { digest: 'loading' })
    names.set(host, ['10.0.0.2', '10.0.0.3'])
    await time.advance(5000)
    assert.deepEqual(fleet.addresses(v), [a, two, three])
    assert.deepEqual(fleet.serving(v), [a, two])
    set(three ?? '', { digest: 'sha256:1' })
    await time.advance(12_000)
    assert.deepEqual(fleet.serving(v), [a, two, three])
  })

  it('that do not resolve any more keep their addresses, and say why', async () => {
    const { follow, fleet, names, time, log, watchedNames } = watching()
    names.set(host, ['10.0.0.1'])
    await follow({ 1: [name] })
    for (const [answer, fault] of [
      [Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'models.example cannot be resolved (ENOTFOUND)'],
      [[], 'models.example resolves to no address'],
      [
        ['169.254.169.254', 'fe80::1%eth0'],
        'models.example resolves to link-local addresses, where clouds keep their metadata',
      ],
    ] as const) {
      names.set(host, answer)
      await time.advance(10_000)
      assert.deepEqual(fleet.serving(v), ['http://10.0.0.1:8000'])
      assert.equal(watchedNames.fault(name), fault)
    }
    names.set(host, ['10.0.0.1'])
    await time.advance(10_000)
    assert.equal(watchedNames.fault(name), undefined)
    assert.equal(log.filter((line) => line.startsWith(host) && line.includes('does not resolve')).length, 3)
  })

  it('are looked up one at a time each, a few at once, and no longer than they are named', async () => {
    const { follow, names, time, lookUps } = watching()
    const hosts = ['x', 'y', 'z']
    for (const one of hosts) names.set(one, 'hung')
    await follow({ 1: hosts.map((one) => `dns+http://${one}:1`) })
    await time.advance(60_000)
    assert.deepEqual(lookUps, ['x', 'y'])
    const other = watching()
    other.names.set(host, ['10.0.0.1'])
    await other.follow({ 1: [name] })
    await other.follow({ 1: [a] })
    await other.time.advance(60_000)
    assert.deepEqual(other.lookUps, [host])
  })

  it('known from plan have their members as the catalog becomes active', async () => {
    const { follow, fleet, names, watchedNames } = watching()
    names.set(host, ['10.0.0.1'])
    await follow({})
    assert.deepEqual(await watchedNames.expand([name, a], never), ['http://10.0.0.1:8000', a])
    void follow({ 1: [name] })
    assert.deepEqual(fleet.serving(v), ['http://10.0.0.1:8000'])
    await follow({ 1: ['http://10.0.0.1:8000', name] })
    assert.deepEqual(fleet.sources(v), ['http://10.0.0.1:8000'])
  })

  it('that are not known by the time the signal aborts are a fault of the plan, which waits no longer', async () => {
    const { names, time, watchedNames } = watching()
    names.set(host, 'hung')
    const controller = new AbortController()
    const refused = assert.rejects(watchedNames.expand([a, name], controller.signal), {
      code: 'invalid_manifest',
      message: 'models.example was not resolved in time',
    })
    await time.settle()
    controller.abort()
    await refused
  })

  it('that lead nowhere are a fault of the plan', async () => {
    const { watchedNames } = watching()
    await assert.rejects(watchedNames.expand([name], never), {
      code: 'invalid_manifest',
      message: 'models.example resolves to no address',
    })
  })
})

it('a close ends everything', async () => {
  const { follow, time, watch, names, probes } = watching()
  names.set('x', ['10.0.0.1'])
  await follow({ 1: [a, 'dns+http://x:1'] })
  watch.close()
  const before = probes.length
  await time.advance(60_000)
  assert.equal(time.waiting, 0)
  assert.equal(probes.length, before)
  const hung = watching()
  hung.set(a, { health: 'hung' })
  void hung.follow({ 1: [a] })
  await hung.time.settle()
  hung.watch.close()
  await hung.time.advance(60_000)
  assert.equal(hung.time.waiting, 0)
})
