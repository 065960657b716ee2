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
 * KEYS: the counters. ARGV: what to do ("take", "settle", "restore", "raise"); the lease's id; then, each in one text, as 200 arguments
 * cost a gateway more than all else that it does for them: of each key its type, the most, the drain per µs | the lease in ms | the end
 * in ms, which of the amounts it takes and whether it settles; the amounts; of each rate that settles the two numbers of its mark, for
 * what is given back.
 * Replies with one text: which refused (0: none), the time and how much is used of each; behind ";", where they were taken, the marks of
 * the rates that settle; behind another ";" those of the other rates.
 */
export const countersScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local nowMs = math.floor(now / 1000)
local act, lease = ARGV[1], ARGV[2]
local amounts, marks = {}, {}
for number in string.gmatch(ARGV[4], '%S+') do amounts[#amounts + 1] = tonumber(number) end
for number in string.gmatch(ARGV[5], '%S+') do marks[#marks + 1] = tonumber(number) end
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

local entries = {}
local used = {}
local refused, at, marked = 0, 0, 0
for name, most, bound, of, settles in string.gmatch(ARGV[3], '(%S+) (%S+) (%S+) (%S+) (%S+)') do
  at = at + 1
  local entry = { kind = counter[name], amount = amounts[tonumber(of)] or 0, bound = tonumber(bound) }
  entry.used, entry.born, entry.gone = entry.kind.used(KEYS[at], entry.bound)
  if name == 'rate' then
    entry.settles = settles
    if settles == '1' then
      entry.since, entry.upTo = marks[marked + 1], marks[marked + 2]
      marked = marked + 2
    end
  end
  entries[at] = entry
  used[at] = exact(entry.used)
  if act == 'take' and refused == 0 and not (entry.used + entry.amount <= most * (1 + 1e-9)) then refused = at end
end
local head = refused .. ' ' .. exact(now) .. ' '
if refused > 0 then return head .. table.concat(used, ' ') end
local told = { ['1'] = {}, ['0'] = {} }
for at, entry in ipairs(entries) do
  local amount = entry.amount
  if act == 'raise' or (act == 'restore' and entry.born) then amount = math.max(0, amount - entry.used) end
  local born, to
  if amount ~= 0 then
    local now
    now, born, to = entry.kind.add(KEYS[at], entry.used, amount, entry.bound, entry.upTo, entry.since, entry.born, entry.gone)
    used[at] = exact(now)
  end
  local list = told[entry.settles]
  if list and act == 'take' then
    list[#list + 1] = to and exact(born) or 'NaN'
    list[#list + 1] = to and exact(to) or 'NaN'
  end
end
return head .. table.concat(used, ' ') .. ';' .. table.concat(told['1'], ' ') .. ';' .. table.concat(told['0'], ' ')
`
