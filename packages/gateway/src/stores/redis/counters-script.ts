import { markSize } from '../../kernel/limits.ts'

/**
 * One script for all that counters do: it is all or nothing over the keys that it is given. On a cluster those lie on one slot each, so
 * there it runs once per limit.
 *
 * The time is Redis' own, so that all gateways share one clock. In µs since 1970 it stays below 2^53 until the year 2255, so a double
 * holds it exactly. A rate keeps its level and when it was so rather than the theoretical arrival time, which in a double would round
 * to a quarter of a µs with each take, an error that adds up; a level is small, and loses 1e-16 of itself. Beside them, for refunds,
 * when the level began to rise from nothing, what has drained or been given back since, and what of that has drained
 * ("2.5 1795392000000000 1795391990000000 7 4"); how much is given back by them, `RateCounter` in memory says.
 * A clock that was set back drains nothing until it runs on. How a sum comes by what was spent before it began, `spent.ts` says.
 *
 * KEYS: the counters. ARGV: what to do ("take", "settle"); the lease's id; then, each in one text, as 200 arguments
 * cost a gateway more than all else that it does for them: of each key its type, the most, the drain per µs | the lease in ms | the end
 * in ms, which of the amounts it takes and whether it settles; the amounts; of each rate that settles the numbers of its mark, for what
 * is given back.
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
local markSize = ${markSize}

local function exact(number) return string.format('%.17g', number) end

local counter = {
  rate = {
    used = function(key, drain)
      local kept = redis.call('GET', key)
      if not kept then return 0 end
      local level, at, born, gone, drained = string.match(kept, '^(%S+) (%S+) (%S+) (%S+) (%S+)$')
      if not level then return 0 end
      local left = math.max(0, level - math.max(0, now - at) * drain)
      local lost = level - left
      return left, { born = tonumber(born), gone = gone + lost, drained = drained + lost }
    end,
    add = function(key, used, amount, drain, since, mark)
      local level
      if amount < 0 then
        local there = used
        if mark.born then
          there = 0
          if since and since.born == mark.born then
            there = math.max(0, mark.upTo - since.gone, -amount - (since.drained - mark.drained))
          end
        end
        local back = math.min(-amount, there, used)
        level = used - back
        if since then since.gone = since.gone + back end
      else
        if used == 0 then since = { born = now, gone = 0, drained = 0 } end
        level = used + amount
      end
      if level == 0 then redis.call('DEL', key) return 0 end
      local emptyMs = math.min(foreverMs, math.ceil(level / drain / 1000) + 1)
      local kept = { exact(level), exact(now), exact(since.born), exact(since.gone), exact(since.drained) }
      redis.call('SET', key, table.concat(kept, ' '), 'PX', exact(emptyMs))
      return level, { since.born, since.gone + level, since.drained }
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
    used = function(key) return tonumber(redis.call('GET', key) or '0') end,
    add = function(key, used, amount, untilMs)
      local sum = math.max(0, used + amount)
      -- Gateways' clocks may be behind: for them the period is not over yet.
      if sum > 0 or used > 0 then redis.call('SET', key, exact(sum), 'PXAT', exact(untilMs + endSlackMs)) end
      return sum
    end
  }
}

local entries = {}
local used = {}
local refused, at, marked = 0, 0, 0
for name, most, bound, of, settles in string.gmatch(ARGV[3], '(%S+) (%S+) (%S+) (%S+) (%S+)') do
  at = at + 1
  local entry = { kind = counter[name], amount = amounts[tonumber(of)] or 0, bound = tonumber(bound), mark = {} }
  entry.used, entry.since = entry.kind.used(KEYS[at], entry.bound)
  if name == 'rate' then
    entry.settles = settles
    if settles == '1' then
      entry.mark = { born = marks[marked + 1], upTo = marks[marked + 2], drained = marks[marked + 3] }
      marked = marked + markSize
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
  local mark
  if amount ~= 0 then
    local level
    level, mark = entry.kind.add(KEYS[at], entry.used, amount, entry.bound, entry.since, entry.mark)
    used[at] = exact(level)
  end
  local list = told[entry.settles]
  if list and act == 'take' then
    for n = 1, markSize do list[#list + 1] = mark and exact(mark[n]) or 'NaN' end
  end
end
return head .. table.concat(used, ' ') .. ';' .. table.concat(told['1'], ' ') .. ';' .. table.concat(told['0'], ' ')
`
