/**
 * One script for all that counters do: it is all or nothing over the keys that it is given. On a cluster those lie on one slot each, so
 * there it runs once per limit.
 *
 * The time is Redis' own, so that all gateways share one clock. In µs since 1970 it stays below 2^53 until the year 2255, so a double
 * holds it exactly. A rate keeps its level and when it was so ("2.5 1795392000000000") rather than the theoretical arrival time, which
 * in a double would round to a quarter of a µs with each take, an error that adds up; a level is small, and loses 1e-16 of itself.
 * A clock that was set back drains nothing until it runs on.
 *
 * KEYS: the counters. ARGV: what to do ("take", "settle", "restore"); the lease's id; since when what is given back had been taken
 * (µs; 0: unknown); then of each key: type, amount, the most, and the drain per µs | the lease in ms | the end in ms.
 * Replies: which refused (0: none), the time, and how much is used of each.
 */
export const countersScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local nowMs = math.floor(now / 1000)
local act, lease, since = ARGV[1], ARGV[2], tonumber(ARGV[3])
local foreverMs = 315576000000
local endSlackMs = 3600000

local function exact(number) return string.format('%.17g', number) end

local counter = {
  rate = {
    used = function(key, drain)
      local kept = redis.call('GET', key)
      if not kept then return 0 end
      local level, at = string.match(kept, '^(%S+) (%S+)$')
      return math.max(0, level - math.max(0, now - at) * drain)
    end,
    add = function(key, used, amount, drain)
      -- What drained since it was taken is not there to be given back.
      if amount < 0 and since > 0 then amount = math.min(0, amount + (now - since) * drain) end
      local level = math.max(0, used + amount)
      if level == 0 then redis.call('DEL', key) return 0 end
      local emptyMs = math.min(foreverMs, math.ceil(level / drain / 1000) + 1)
      redis.call('SET', key, exact(level) .. ' ' .. exact(now), 'PX', exact(emptyMs))
      return level
    end
  },
  concurrent = {
    used = function(key)
      redis.call('ZREMRANGEBYSCORE', key, '-inf', nowMs)
      return redis.call('ZCARD', key)
    end,
    add = function(key, used, amount, leaseMs)
      if amount < 0 then redis.call('ZREM', key, lease) return used end
      redis.call('ZADD', key, nowMs + leaseMs, lease)
      if redis.call('PTTL', key) < leaseMs then redis.call('PEXPIRE', key, leaseMs) end
      return redis.call('ZCARD', key)
    end
  },
  sum = {
    used = function(key) return tonumber(redis.call('GET', key) or 0) end,
    add = function(key, used, amount, untilMs)
      local sum = math.max(0, used + amount)
      -- Gateways' clocks may be behind: for them the period is not over yet.
      if sum > 0 or used > 0 then redis.call('SET', key, exact(sum), 'PXAT', exact(untilMs + endSlackMs)) end
      return sum
    end
  }
}

local reply = { 0, exact(now) }
local entries = {}
for at, key in ipairs(KEYS) do
  local first = 4 * at
  local kind, amount, most, bound = counter[ARGV[first]], tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  local used = kind.used(key, bound)
  entries[at] = { kind, amount, bound, used }
  reply[at + 2] = exact(used)
  if act == 'take' and reply[1] == 0 and not (used + amount <= most * (1 + 1e-9)) then reply[1] = at end
end
if reply[1] > 0 then return reply end
for at, key in ipairs(KEYS) do
  local kind, amount, bound, used = unpack(entries[at])
  if act == 'restore' then amount = math.max(0, amount - used) end
  if amount ~= 0 then reply[at + 2] = exact(kind.add(key, used, amount, bound)) end
end
return reply
`
