/**
 * One script for all that counters do: it is all or nothing over the keys that it is given. On a cluster those lie on one slot each, so
 * there it runs once per limit.
 *
 * The time is Redis' own, so that all gateways share one clock. In µs since 1970 it stays below 2^53 until the year 2255, so a double
 * holds it exactly. A rate keeps its level and when it was so rather than the theoretical arrival time, which in a double would round
 * to a quarter of a µs with each take, an error that adds up; a level is small, and loses 1e-16 of itself. Beside them, for refunds,
 * when the level began to rise from nothing, and what has drained or been given back since ("2.5 1795392000000000 1795391990000000 7").
 * A clock that was set back drains nothing until it runs on. A sum tells behind it that it was restored ("19.9 restored"),
 * and then is only raised to what was spent.
 *
 * KEYS: the counters. ARGV: what to do ("take", "settle", "restore", "raise"); the lease's id; then of each key: type, amount, the most, the
 * drain per µs | the lease in ms | the end in ms, and the mark of what is given back ("": unknown): its two numbers.
 * Replies: which refused (0: none), the time, how much is used of each, and then, where they were taken, the two numbers of each mark.
 */
export const countersScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local nowMs = math.floor(now / 1000)
local act, lease = ARGV[1], ARGV[2]
local foreverMs = 315576000000
local endSlackMs = 3600000

local function exact(number) return string.format('%.17g', number) end

local counter = {
  rate = {
    used = function(key, drain)
      local kept = redis.call('GET', key)
      if not kept then return 0 end
      local level, at, born, gone = string.match(kept, '^(%S+) (%S+) (%S+) (%S+)$')
      if not level then return 0 end
      local left = math.max(0, level - math.max(0, now - at) * drain)
      return left, tonumber(born), gone + level - left
    end,
    add = function(key, used, amount, drain, upTo, since, born, gone)
      local level
      if amount < 0 then
        -- What drains first came in first: of what the level was then, the rest is there to be given back.
        local there = used
        if since then there = since == born and math.max(0, upTo - gone) or 0 end
        local back = math.min(-amount, there, used)
        level = used - back
        gone = (gone or 0) + back
      else
        if used == 0 then born, gone = now, 0 end
        level = used + amount
      end
      if level == 0 then redis.call('DEL', key) return 0 end
      local emptyMs = math.min(foreverMs, math.ceil(level / drain / 1000) + 1)
      local kept = table.concat({ exact(level), exact(now), exact(born), exact(gone) }, ' ')
      redis.call('SET', key, kept, 'PX', exact(emptyMs))
      return level, born, gone + level
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
    used = function(key)
      local sum, restored = string.match(redis.call('GET', key) or '0', '^(%S+) ?(%S*)$')
      return tonumber(sum), restored ~= ''
    end,
    add = function(key, used, amount, untilMs, _, _, restored)
      local sum = math.max(0, used + amount)
      local mark = (restored or act == 'restore') and ' restored' or ''
      -- Gateways' clocks may be behind: for them the period is not over yet.
      if sum > 0 or used > 0 then redis.call('SET', key, exact(sum) .. mark, 'PXAT', exact(untilMs + endSlackMs)) end
      return sum
    end
  }
}

local reply = { 0, exact(now) }
local entries = {}
for at, key in ipairs(KEYS) do
  local first = 6 * at - 3
  local kind, amount, most, bound = counter[ARGV[first]], tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  local used, born, gone = kind.used(key, bound)
  entries[at] = { kind, amount, bound, used, born, gone, tonumber(ARGV[first + 4]), tonumber(ARGV[first + 5]) }
  reply[at + 2] = exact(used)
  if act == 'take' and reply[1] == 0 and not (used + amount <= most * (1 + 1e-9)) then reply[1] = at end
end
if reply[1] > 0 then return reply end
for at, key in ipairs(KEYS) do
  local kind, amount, bound, used, born, gone, since, upTo = unpack(entries[at], 1, 8)
  if act == 'raise' or (act == 'restore' and born) then amount = math.max(0, amount - used) end
  local to
  if amount ~= 0 then
    used, born, to = kind.add(key, used, amount, bound, upTo, since, born, gone)
    reply[at + 2] = exact(used)
  end
  if act == 'take' then
    reply[#KEYS + 1 + 2 * at] = to and exact(born) or ''
    reply[#KEYS + 2 + 2 * at] = to and exact(to) or ''
  end
end
return reply
`
