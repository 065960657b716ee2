import { Secret } from '../../kernel/secret.ts'
import { countersConformance } from '../conformance/counters.ts'
import { openRedis } from './connection.ts'
import { redisCounters } from './counters.ts'
import { moveTimeOf } from './testing/move-time.ts'
import { startCluster } from './testing/redis-cluster.ts'
import { startRedis, withoutRedis } from './testing/redis-server.ts'
import { working } from './testing/working.ts'

/** Patient, as this machine may be busy; what is said of time is tested apart. */
const patient = { commandTimeoutMs: 5000 }

countersConformance('counters in Redis', withoutRedis, async () => {
  const server = await startRedis()
  const redis = await working(openRedis(new Secret(server.url), patient))
  const counters = redisCounters(redis)
  return {
    counters,
    now: Date.now,
    advance: (ms) => moveTimeOf(redis, ms),
    async remove() {
      await counters.close()
      await redis.close()
      await server.remove()
    },
  }
})

countersConformance('counters in a Redis Cluster', withoutRedis, async () => {
  const cluster = await startCluster()
  const redis = await working(openRedis(new Secret(cluster.url), patient))
  const counters = redisCounters(redis)
  return {
    counters,
    now: Date.now,
    advance: (ms) => moveTimeOf(redis, ms),
    async remove() {
      await counters.close()
      await redis.close()
      await cluster.remove()
    },
  }
})
