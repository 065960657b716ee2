import { Redis } from 'ioredis'
import type { RedisConnection } from '../connection.ts'

/** Moves the time of all counters on: those of one server, or of each of a cluster's. */
export function moveTimeOf(redis: RedisConnection, ms: number): Promise<void> {
  return redis.send(async (client) => {
    const nodes = client instanceof Redis ? [client] : client.nodes('master')
    await Promise.all(nodes.map((node) => moveTime(node, ms)))
  })
}

/**
 * Moves the time of one node's counters on, as its own clock cannot be moved: what they remember, they remember as so much longer ago.
 * Sums know no time, and a level's birth is its name: marks know it by that.
 */
async function moveTime(node: Redis, ms: number): Promise<void> {
  if (ms > 0) await node.eval(script, 0, ms)
}

const script = `
local ms = tonumber(ARGV[1])
for _, key in ipairs(redis.call('KEYS', 'astra:limit:*')) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'zset' then
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -ms, id) end
  else
    local level, at, rest = string.match(redis.call('GET', key), '^(%S+) (%S+) (%S+ %S+ %S+)$')
    if level then redis.call('SET', key, level .. ' ' .. string.format('%.17g', at - ms * 1000) .. ' ' .. rest, 'KEEPTTL') end
  end
end
`
