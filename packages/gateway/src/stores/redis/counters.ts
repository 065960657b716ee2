import { createHash } from 'node:crypto'
import { AstraError } from '../../kernel/errors.ts'
import type { Bound, Counters, Mark, Take, Taken } from '../../kernel/limits.ts'
import { mostOf, takenOf } from '../bounds.ts'
import type { RedisClient, RedisConnection } from './connection.ts'
import { countersScript } from './counters-script.ts'
import { RedisFault } from './redis-fault.ts'

export interface RedisCounters extends Counters {
  /** Settlements that were lost: Redis did not confirm them, or too many waited for it to come back. */
  unsettled(): number
}

interface Reply {
  /** Index of the take that was refused; -1: none. */
  readonly refusedAt: number
  /** Redis' own clock. */
  readonly nowMicros: number
  readonly used: readonly number[]
  readonly marks: readonly (Mark | undefined)[]
}

/** Takes that lie on one machine. */
type Group = readonly Take[]

interface Settlement {
  readonly act: 'settle' | 'restore' | 'raise'
  readonly group: Group
  readonly leaseId: string
}

const prefix = 'astra:limit:'
const waitingMax = 10_000

/**
 * Counters that any number of gateways share. One round trip per call: on one machine a single script takes all or nothing; on a
 * cluster each limit lies where its key falls, the scripts run side by side, and when one refuses, the others' takes are given back.
 * So a limit is never passed; at worst it briefly refuses what would have fitted.
 *
 * A take whose answer comes too late is given back then. One whose answer got lost may have happened. Its leases are given back (that may be done twice; one that Redis gets to run only
 * after that ends by itself), the rest is not: a rate forgets by itself, a sum keeps it until its period ends, at most what was in
 * flight when Redis went away.
 */
export function redisCounters(redis: RedisConnection): RedisCounters {
  const run = scriptRunner(redis)
  let waiting: Settlement[] = []
  let unsettled = 0
  let running = 0
  let idle = () => {}

  const groupsOf = (takes: readonly Take[]): readonly Group[] => (redis.cluster ? takes.map((take) => [take]) : [takes])

  async function deliver(settlement: Settlement): Promise<void> {
    running += 1
    try {
      await run(settlement.act, settlement.group, settlement.leaseId)
    } catch (thrown) {
      keep(settlement, thrown instanceof RedisFault && !thrown.sent)
    }
    running -= 1
    if (running === 0) idle()
  }
  /** What may be sent again, until Redis is back: what it surely has not run, and what may be run twice. */
  function keep(settlement: Settlement, surelyNotRun: boolean): void {
    const again = settlement.act !== 'settle' || surelyNotRun
    const group = settlement.group.filter(({ bound, amount }) =>
      bound.type === 'rate' ? surelyNotRun && amount > 0 : again || bound.type === 'concurrent',
    )
    const fits = waiting.length < waitingMax
    unsettled += settlement.group.length - (fits ? group.length : 0)
    if (fits && group.length > 0) waiting.push({ ...settlement, group })
  }
  function giveBack(group: Group, leaseId: string, marks: Reply['marks']): void {
    const taken: Take[] = []
    for (const [at, take] of group.entries()) {
      const mark = marks[at]
      if (take.amount > 0) taken.push({ ...take, amount: -take.amount, ...(mark ? { mark } : {}) })
    }
    if (taken.length > 0) void deliver({ act: 'settle', group: taken, leaseId })
  }
  /** Of an answer that was only late it is known what it took. */
  function giveBackLate(result: PromiseSettledResult<Reply> | undefined, group: Group, leaseId: string): void {
    const thrown: unknown = result?.status === 'rejected' ? result.reason : undefined
    if (!(thrown instanceof RedisFault)) return
    const read = (answer: unknown) => {
      const { refusedAt, marks } = replyOf(answer, group.length)
      if (refusedAt < 0) giveBack(group, leaseId, marks)
    }
    thrown.late?.then(read).catch(() => {})
  }
  function settleAll(act: Settlement['act'], takes: readonly Take[], leaseId: string): void {
    for (const group of groupsOf(takes)) void deliver({ act, group, leaseId })
  }
  function deliverWaiting(): void {
    const settlements = waiting
    waiting = []
    for (const settlement of settlements) void deliver(settlement)
  }
  redis.onWorking(deliverWaiting)

  async function take(takes: readonly Take[], leaseId: string): Promise<Taken> {
    const groups = groupsOf(takes)
    const results = await Promise.allSettled(groups.map((group) => run('take', group, leaseId)))
    const replies = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed || replies.some((reply) => reply && reply.refusedAt >= 0)) {
      for (const [at, group] of groups.entries()) {
        const reply = replies[at]
        if (reply ? reply.refusedAt < 0 : wasSent(results[at])) {
          giveBack(reply ? group : group.filter(isLease), leaseId, reply?.marks ?? [])
        }
        giveBackLate(results[at], group, leaseId)
      }
    }
    if (failed) throw unavailable(failed.reason)
    return merged(
      takes,
      replies.filter((reply) => reply !== undefined),
    )
  }

  return {
    take: (takes, leaseId) => (takes.length === 0 ? { taken: true, remaining: [], resetMs: [] } : take(takes, leaseId)),
    settle(takes, leaseId) {
      const changes = takes.filter(({ amount }) => amount !== 0 && Number.isFinite(amount))
      if (changes.length > 0) settleAll('settle', changes, leaseId)
    },
    restore: (takes) => settleAll('restore', takes.filter(isSum), ''),
    raise: (takes) => settleAll('raise', takes.filter(isSum), ''),
    fault: () => redis.fault(),
    unsettled: () => unsettled,
    async close() {
      deliverWaiting()
      if (running > 0) await new Promise<void>((resolve) => (idle = resolve))
    },
  }
}

function isSum({ bound }: Take): boolean {
  return bound.type === 'sum'
}

function isLease({ bound }: Take): boolean {
  return bound.type === 'concurrent'
}

function wasSent(result: PromiseSettledResult<Reply> | undefined): boolean {
  return result?.status === 'rejected' && !(result.reason instanceof RedisFault && !result.reason.sent)
}

function unavailable(thrown: unknown): AstraError {
  const reason = thrown instanceof RedisFault ? thrown.message : 'its answer cannot be read'
  return new AstraError('limits_unavailable', { reason: `Redis: ${reason}` })
}

/** Replies come in the order of the takes, of each group those of its own. */
function merged(takes: readonly Take[], replies: readonly Reply[]): Taken {
  const used = replies.flatMap((reply) => reply.used)
  let before = 0
  for (const reply of replies) {
    if (reply.refusedAt >= 0) return takenOf(takes, used, before + reply.refusedAt, reply.nowMicros / 1000)
    before += reply.used.length
  }
  const marks = replies.flatMap((reply) => reply.marks)
  return takenOf(takes, used, -1, (replies[0]?.nowMicros ?? 0) / 1000, marks)
}

type Run = (act: 'take' | Settlement['act'], group: Group, leaseId: string) => Promise<Reply>

/** By its digest; with its text where Redis does not know it (yet, or after a restart), which has then run nothing. */
function scriptRunner(redis: RedisConnection): Run {
  const digest = createHash('sha1').update(countersScript).digest('hex')
  return async (act, group, leaseId) => {
    const keys = group.map(({ key }) => prefix + key)
    const values: (string | number)[] = [act, leaseId]
    for (const { bound, amount, mark } of group) {
      values.push(bound.type, amount, mostOf(bound), drainLeaseOrEnd(bound), mark?.born ?? '', mark?.upTo ?? '')
    }
    const run = async (client: RedisClient) => {
      try {
        return await client.evalsha(digest, keys.length, ...keys, ...values)
      } catch (thrown) {
        if (!(thrown instanceof Error && thrown.message.startsWith('NOSCRIPT'))) throw thrown
        return await client.eval(countersScript, keys.length, ...keys, ...values)
      }
    }
    return replyOf(await redis.send(run), keys.length)
  }
}

function drainLeaseOrEnd(bound: Bound): number {
  if (bound.type === 'rate') return bound.amount / (bound.perMs * 1000)
  // Redis takes whole ms.
  return Math.ceil(bound.type === 'sum' ? bound.until : bound.leaseMs)
}

/** Of what was refused, settled or restored there are no marks. */
function replyOf(reply: unknown, length: number): Reply {
  if (!Array.isArray(reply) || (reply.length !== length + 2 && reply.length !== 3 * length + 2)) throw unreadable()
  const [refused, nowMicros, ...used] = reply.slice(0, length + 2).map(Number)
  if (refused === undefined || nowMicros === undefined) throw unreadable()
  const marks: (Mark | undefined)[] = []
  for (let at = length + 2; at < reply.length; at += 2) {
    marks.push(reply[at] === '' ? undefined : { born: Number(reply[at]), upTo: Number(reply[at + 1]) })
  }
  return { refusedAt: refused - 1, nowMicros, used, marks }
}

function unreadable(): RedisFault {
  return new RedisFault('its answer cannot be read', true)
}
