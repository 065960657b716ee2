import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { Secret } from '../../kernel/secret.ts'
import { openRedis } from './connection.ts'
import { RedisFault } from './redis-fault.ts'
import { startRedis, withoutRedis } from './testing/redis-server.ts'
import { working } from './testing/working.ts'

function keptLog() {
  const lines: string[] = []
  let told = () => {}
  const keep = (facts: object, message: string) => {
    lines.push(`${message} ${inspect(facts, { depth: 9 })}`)
    told()
  }
  return {
    lines,
    log: { info: keep, warn: keep },
    async seen(pattern: RegExp) {
      while (!lines.some((line) => pattern.test(line))) await new Promise<void>((resolve) => (told = resolve))
    },
  }
}

describe('the connection to Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  test('does not need Redis to be there at the start, fails at once until it is, and says so once', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    await server.kill()
    const { lines, log, seen } = keptLog()
    const redis = openRedis(new Secret(server.url), { log })
    t.after(() => redis.close())
    assert.equal(redis.fault(), 'not connected yet')
    const from = performance.now()
    for (let n = 0; n < 100; n += 1) {
      await assert.rejects(
        redis.send((client) => client.ping()),
        { name: 'RedisFault', sent: false },
      )
    }
    assert.ok(performance.now() - from < 200)
    await seen(/ECONNREFUSED/)
    await server.start()
    await working(redis)
    assert.equal(await redis.send((client) => client.ping()), 'PONG')
    assert.equal(redis.fault(), undefined)
    assert.equal(lines.length, 2)
    assert.match(lines[0] ?? '', /cannot be reached.*ECONNREFUSED/s)
    assert.match(lines[1] ?? '', /answers again/)
  })

  test('a password that is refused shows nowhere, and works as soon as it is right', async (t) => {
    const server = await startRedis('--requirepass', 'another')
    t.after(() => server.remove())
    const { lines, log, seen } = keptLog()
    const password = 'p@ss/word:7c1e'
    const redis = openRedis(new Secret(`redis://:${encodeURIComponent(password)}@127.0.0.1:${server.port}/1`), { log })
    t.after(() => redis.close())
    await seen(/WRONGPASS/)
    const thrown = await redis.send((client) => client.ping()).catch((error) => error)
    for (const text of [...lines, inspect(thrown, { depth: 9 }), inspect(redis, { depth: 9 }), String(redis.fault())]) {
      for (const form of [password, encodeURIComponent(password)]) assert.ok(!text.includes(form))
    }
    const admin = new Redis({ port: server.port, password: 'another' })
    await admin.config('SET', 'requirepass', password)
    await working(redis)
    await redis.send((client) => client.set('here', '1'))
    await admin.auth(password)
    await admin.select(1)
    assert.equal(await admin.get('here'), '1')
    admin.disconnect()
  })

  test('a server that takes no writes is a fault, though it answers', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    const { log, seen } = keptLog()
    const redis = await working(openRedis(new Secret(server.url), { log }))
    t.after(() => redis.close())
    await redis.send((client) => client.config('SET', 'maxmemory', '1'))
    await seen(/OOM/)
    assert.match(redis.fault() ?? '', /OOM/)
    await redis.send((client) => client.config('SET', 'maxmemory', '0'))
    await working(redis)
  })

  test('a server that was flushed is told, though it works all the time', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    const { lines, log, seen } = keptLog()
    const redis = await working(openRedis(new Secret(server.url), { log }))
    t.after(() => redis.close())
    let probed: readonly string[] = []
    while (probed.length === 0) probed = await redis.send((client) => client.keys('astra:probe:*'))
    const told = new Promise<void>((resolve) => redis.onWorking(resolve))
    await redis.send((client) => client.flushall())
    await told
    await seen(/lost what it held/)
    assert.deepEqual([redis.fault(), lines.length], [undefined, 1])
  })

  test('a busy process takes no time from the server: what it answered meanwhile is in time', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    const redis = await working(openRedis(new Secret(server.url), { commandTimeoutMs: 100 }))
    t.after(() => redis.close())
    for (let round = 0; round < 3; round += 1) {
      const answers = Array.from({ length: 20 }, () => redis.send((client) => client.ping()))
      // Once before they are written, and once when the answers lie there.
      block(300)
      setImmediate(() => block(300))
      assert.equal(new Set(await Promise.all(answers)).size, 1)
    }
    assert.equal(redis.fault(), undefined)
  })

  test('what comes too late is a fault at once, and can still be had', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    const redis = await working(openRedis(new Secret(server.url), { commandTimeoutMs: 100 }))
    t.after(() => redis.close())
    await redis.send((client) => client.ping())
    server.stall()
    const thrown = await redis.send((client) => client.incr('here')).catch((error: unknown) => error)
    server.goOn()
    assert.ok(thrown instanceof RedisFault)
    assert.deepEqual([thrown.sent, thrown.message], [true, 'it does not answer in time'])
    assert.equal(await thrown.late, 1)
    await working(redis)
  })

  test('a server that stalls is dropped, so that what comes next fails at once, and found again', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    const redis = await working(openRedis(new Secret(server.url), { commandTimeoutMs: 100 }))
    t.after(() => redis.close())
    server.stall()
    const thrown = await redis.send((client) => client.ping()).catch((error: unknown) => error)
    assert.ok(thrown instanceof RedisFault)
    await assert.rejects(thrown.late ?? Promise.resolve())
    await assert.rejects(
      redis.send((client) => client.ping()),
      { sent: false },
    )
    server.goOn()
    await working(redis)
    assert.equal(await redis.send((client) => client.ping()), 'PONG')
  })
})

/** As the parsing of a large body does. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
