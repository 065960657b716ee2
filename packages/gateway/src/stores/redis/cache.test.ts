import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Secret } from '../../kernel/secret.ts'
import { cacheConformance, entryOf } from '../conformance/cache.ts'
import { redisCache } from './cache.ts'
import { openRedis, type RedisConnection } from './connection.ts'
import { RedisFault } from './redis-fault.ts'
import { startCluster } from './testing/redis-cluster.ts'
import { startRedis, type TestRedis, withoutRedis } from './testing/redis-server.ts'
import { working } from './testing/working.ts'

/** Far more than the command timeout, far less than whoever waits for a server that is gone. */
const quickMs = 1500

describe('the cache in Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  let server: TestRedis
  let redis: RedisConnection
  before(async () => {
    server = await startRedis()
    redis = await working(openRedis(new Secret(server.url)))
  })
  after(async () => {
    await redis?.close()
    await server?.remove()
  })
  const open = async () => {
    await redis.send((client) => client.call('FLUSHALL'))
    return redisCache(redis)
  }
  // What was sent before on the same connection has happened when this is answered.
  cacheConformance(open, async () => void (await redis.send((client) => client.call('PING'))))

  test('an answer goes when its time is over', async () => {
    const store = await open()
    store.set('a', entryOf('x'), 1)
    store.set('b', entryOf('x'), 60_000)
    while ((await store.get('a')) !== undefined);
    assert.ok(await store.get('b'))
  })

  test('many are purged in steps', async () => {
    const store = await open()
    for (let i = 0; i < 2500; i++) store.set(`spam@v1/1.0#${i}`, entryOf('x'), 60_000)
    store.set('ham@v1/1.0#0', entryOf('x'), 60_000)
    assert.equal(await store.purge('spam'), 2500)
    assert.ok(await store.get('ham@v1/1.0#0'))
  })

  test('what others wrote under its keys is no answer', async () => {
    const store = await open()
    await redis.send((client) => client.set('astra:cache:a', 'x'))
    assert.equal(await store.get('a'), undefined)
  })

  test('a server that is gone is a miss at once, counted, and all goes on by itself when it is back', async () => {
    const store = await open()
    store.set('a', entryOf('x'), 60_000)
    assert.ok(await store.get('a'))
    await server.kill()
    const from = performance.now()
    assert.equal(await store.get('a'), undefined)
    assert.equal(await store.add('a', entryOf('x'), 60_000), undefined)
    store.set('a', entryOf('x'), 60_000)
    store.delete('a')
    await assert.rejects(store.purge('spam'), { code: 'store_unavailable' })
    assert.ok(performance.now() - from < quickMs)
    const { failures, fault } = store.status()
    assert.ok(failures >= 2 && fault !== undefined)
    await server.start()
    await working(redis)
    assert.equal(await store.add('a', entryOf('back'), 60_000), true)
    assert.equal((await store.get('a'))?.bytes.toString(), 'back')
  })

  test('a server that stalls is a miss within the command timeout', async () => {
    const store = await open()
    server.stall()
    const from = performance.now()
    assert.equal(await store.get('a'), undefined)
    assert.ok(performance.now() - from < quickMs)
    server.goOn()
    await working(redis)
  })
})

describe('what is added after its adder gave up', { skip: withoutRedis, timeout: 60_000 }, () => {
  let server: TestRedis
  let redis: RedisConnection
  before(async () => {
    server = await startRedis()
    redis = await working(openRedis(new Secret(server.url)))
  })
  after(async () => {
    await redis?.close()
    await server?.remove()
  })

  const turn = () => new Promise((resolve) => setImmediate(resolve))
  /** The first command runs; its answer comes when `told` says so, or never. */
  const slow = (told: Promise<unknown> | undefined) => {
    let listener = () => {}
    let ran: Promise<unknown> | undefined
    const connection: RedisConnection = {
      ...redis,
      onWorking(given) {
        listener = given
      },
      async send(commands) {
        if (ran) return await redis.send(commands)
        const answer = redis.send(commands)
        ran = answer
        await answer
        throw new RedisFault(
          'it does not answer in time',
          true,
          told?.then(() => answer),
        )
      },
    }
    return { store: redisCache(connection), works: () => listener() }
  }

  test('is gone when a server that stalled goes on', async () => {
    const store = redisCache(redis)
    server.stall()
    assert.equal(await store.add('stalled', entryOf('x'), 60_000), undefined)
    server.goOn()
    await working(redis)
    assert.equal(await store.add('stalled', entryOf('y'), 60_000), true)
  })

  for (const [when, lost] of Object.entries({ 'the late answer says so': false, 'Redis works again': true })) {
    const addedLate = async () => {
      const told = Promise.withResolvers<void>()
      const { store, works } = slow(lost ? undefined : told.promise)
      assert.equal(await store.add(when, entryOf('x'), 60_000), undefined)
      const happens = async () => {
        if (lost) works()
        else told.resolve()
        await turn()
      }
      return { store, happens }
    }

    test(`is gone when ${when}`, async () => {
      const { store, happens } = await addedLate()
      assert.equal((await store.get(when))?.bytes.toString(), 'x')
      await happens()
      assert.equal(await store.get(when), undefined)
    })

    test(`stays when ${when} if it is another's by then`, async () => {
      const { store, happens } = await addedLate()
      store.set(when, entryOf('y'), 60_000)
      await happens()
      assert.equal((await store.get(when))?.bytes.toString(), 'y')
    })
  }

  test('is left alone where another, with the very same, was first', async () => {
    await redisCache(redis).add('taken', entryOf('first'), 60_000)
    const { store } = slow(Promise.resolve())
    assert.equal(await store.add('taken', entryOf('first'), 60_000), undefined)
    await turn()
    assert.equal((await store.get('taken'))?.bytes.toString(), 'first')
  })
})

describe('the cache in a Redis Cluster', { skip: withoutRedis, timeout: 60_000 }, () => {
  test('answers lie on all of its nodes, and are purged from each', async () => {
    const cluster = await startCluster()
    const redis = await working(openRedis(new Secret(cluster.url)))
    try {
      const store = redisCache(redis)
      const keys = Array.from({ length: 100 }, (_, i) => `spam@v1/1.0#${i}`)
      const added = await Promise.all(keys.map((key) => store.add(key, entryOf(key), 60_000)))
      assert.ok(added.every((said) => said === true))
      const found = await Promise.all(keys.map((key) => store.get(key)))
      assert.deepEqual(
        found.map((entry) => entry?.bytes.toString()),
        keys,
      )
      assert.equal(await store.purge('spam@v1'), 100)
      assert.equal(store.status().failures, 0)
    } finally {
      await redis.close()
      await cluster.remove()
    }
  })
})
