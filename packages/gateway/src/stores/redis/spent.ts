import type { Spent } from '../../kernel/limits.ts'
import type { RedisConnection } from './connection.ts'
import { counterKey } from './part.ts'
import { runScript, scriptOf } from './script.ts'

/**
 * Beside each budget lies what each writer of accounting has told to be spent of it: gateways with stores of their own know only their own
 * calls. No entry is ever lowered, and a budget is raised to the sum of all. So to tell the same twice changes nothing, in whatever order;
 * gateways that share a store tell it as one; and who joins later adds what its store knows. What a budget counts beyond that sum (calls in
 * flight, or not told yet) stands in it already, and is never added again.
 *
 * It is lost together with its budget: on a cluster both lie on one slot, by the tag in the key.
 *
 * KEYS: of each entry its counter, and the entries beside that. ARGV: "restore" (what a writer tells first is added) or "raise"; the
 * writers, the amounts, and the ends in ms, each in one text.
 */
const script = scriptOf(`
local act = ARGV[1]
local function wordsOf(text)
  local words = {}
  for word in string.gmatch(text, '%S+') do words[#words + 1] = word end
  return words
end
local function exact(number) return string.format('%.17g', number) end
local writers, amounts, ends = wordsOf(ARGV[2]), wordsOf(ARGV[3]), wordsOf(ARGV[4])
for at, writer in ipairs(writers) do
  local amount = tonumber(amounts[at])
  local counter, entries = KEYS[2 * at - 1], KEYS[2 * at]
  local before = tonumber(redis.call('GET', counter) or '0')
  local told = tonumber(redis.call('HGET', entries, writer) or '0')
  local sum = before
  if act == 'restore' and told == 0 then sum = sum + amount end
  if amount > told then
    redis.call('HSET', entries, writer, exact(amount))
    redis.call('PEXPIREAT', entries, ends[at])
  end
  local all = 0
  for _, one in ipairs(redis.call('HVALS', entries)) do all = all + tonumber(one) end
  sum = math.max(sum, all)
  if sum > before then redis.call('SET', counter, exact(sum), 'PXAT', ends[at]) end
end
return redis.status_reply('OK')
`)

/** As long as a counter is kept: gateways' clocks may be behind. */
const endSlackMs = 3_600_000
/** So many by one command, of 4 ms: others' calls wait behind it. */
const together = 500

interface Entry {
  readonly key: string
  readonly writer: string
  readonly costUsd: number
  readonly endMs: number
}

export type TellSpent = (act: 'restore' | 'raise', spent: readonly Spent[]) => Promise<void>

/** What does not arrive is not tried again here: all is told anew as soon as Redis works. Never rejects. */
export function spentTeller(redis: RedisConnection): TellSpent {
  return async (act, spent) => {
    const all = spent.flatMap(entriesOf)
    const most = redis.cluster ? 1 : together
    const parts = Array.from({ length: Math.ceil(all.length / most) }, (_, n) => all.slice(n * most, (n + 1) * most))
    await Promise.allSettled(parts.map((part) => tell(act, part)))
  }

  async function tell(act: 'restore' | 'raise', part: readonly Entry[]): Promise<void> {
    const keys = part.flatMap(({ key }) => [counterKey(key), `astra:spent:{${counterKey(key)}}`])
    const lists = [part.map(({ writer }) => writer), part.map(({ costUsd }) => costUsd), part.map(({ endMs }) => endMs)]
    const values = [act, ...lists.map((list) => list.join(' '))]
    await redis.send((client) => runScript(client, script, keys, values))
  }
}

function entriesOf({ key, bound, by }: Spent): readonly Entry[] {
  if (bound.type !== 'sum') return []
  const endMs = Math.ceil(bound.until) + endSlackMs
  return [...by].map(([writer, costUsd]) => ({ key, writer, costUsd, endMs }))
}
