import { refusedTake } from '../../kernel/bounds.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Amounts, type Counted, type Counters, markSize, type Taken } from '../../kernel/limits.ts'
import type { RedisConnection } from './connection.ts'
import { countersScript } from './counters-script.ts'
import { eachOf, messageOf, only, type Part } from './part.ts'
import { RedisFault } from './redis-fault.ts'
import { runScript, scriptOf } from './script.ts'
import { spentTeller } from './spent.ts'

export interface RedisCounters extends Counters {
  /** Settlements that were lost: Redis did not confirm them, or too many waited for it to come back. */
  unsettled(): number
}

interface Reply {
  /** Index of the counter that refused; -1: none. */
  readonly refusedAt: number
  /** Redis' own clock. */
  readonly nowMs: number
  readonly used: readonly number[]
  /** Of the rates that settle, and of the others: texts, as few are read. */
  readonly marks: string
  readonly otherMarks: string
}

interface Settlement {
  readonly part: Part
  readonly leaseId: string
}

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
  const tellSpent = spentTeller(redis)
  let waiting: Settlement[] = []
  let unsettled = 0
  let running = 0
  let idle = () => {}

  /** Those that lie on one machine together. */
  const partsOf = (part: Part): readonly Part[] => (redis.cluster ? eachOf(part) : [part])

  async function deliver(settlement: Settlement): Promise<void> {
    running += 1
    try {
      await run('settle', settlement.part, settlement.leaseId)
    } catch (thrown) {
      keep(settlement, thrown instanceof RedisFault && !thrown.sent)
    }
    running -= 1
    if (running === 0) idle()
  }
  /** What may be sent again, until Redis is back: what it surely has not run, and what may be run twice. */
  function keep(settlement: Settlement, surelyNotRun: boolean): void {
    const part = only(settlement.part, ({ bound }, amount) =>
      bound.type === 'rate' ? surelyNotRun && amount > 0 : surelyNotRun || bound.type === 'concurrent',
    )
    const fits = waiting.length < waitingMax
    unsettled += settlement.part.asked.length - (fits ? part.asked.length : 0)
    if (fits && part.asked.length > 0) waiting.push({ ...settlement, part })
  }
  function giveBack(part: Part, leaseId: string): void {
    const taken = only(part, (_, amount) => amount > 0)
    const back = { ...taken, amounts: taken.amounts.map((amount) => -amount) }
    if (back.asked.length > 0) void deliver({ part: back, leaseId })
  }
  /** Of an answer that was only late it is known what it took. */
  function giveBackLate(result: PromiseSettledResult<Reply> | undefined, part: Part, leaseId: string): void {
    const thrown: unknown = result?.status === 'rejected' ? result.reason : undefined
    if (!(thrown instanceof RedisFault)) return
    const read = (answer: unknown) => {
      const reply = replyOf(answer, part.asked.length)
      if (reply.refusedAt < 0) giveBack(markedBy(reply, part), leaseId)
    }
    thrown.late?.then(read).catch(() => {})
  }
  function settle(all: Part, leaseId: string): void {
    if (all.asked.length === 0) return
    for (const part of partsOf(all)) void deliver({ part, leaseId })
  }
  function deliverWaiting(): void {
    const settlements = waiting
    waiting = []
    for (const settlement of settlements) void deliver(settlement)
  }
  redis.onWorking(deliverWaiting)

  async function take(asked: readonly Counted[], amounts: Amounts, leaseId: string): Promise<Taken> {
    const parts = partsOf({ asked, amounts })
    const results = await Promise.allSettled(parts.map((part) => run('take', part, leaseId)))
    const replies = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed || replies.some((reply) => reply && reply.refusedAt >= 0)) {
      for (const [at, part] of parts.entries()) {
        const reply = replies[at]
        if (reply ? reply.refusedAt < 0 : wasSent(results[at])) {
          giveBack(reply ? markedBy(reply, part) : only(part, isLease), leaseId)
        }
        giveBackLate(results[at], part, leaseId)
      }
    }
    if (failed) throw unavailable(failed.reason)
    return merged(
      asked,
      amounts,
      replies.filter((reply) => reply !== undefined),
    )
  }

  return {
    take: (asked, amounts, leaseId) =>
      asked.length === 0 ? { taken: true, used: [], nowMs: 0 } : take(asked, amounts, leaseId),
    settle: (asked, amounts, leaseId, marks) => settle(only({ asked, amounts, marks }, isChange), leaseId),
    restore: (spent) => tellSpent('restore', spent),
    raise: (spent) => tellSpent('raise', spent),
    fault: () => redis.fault(),
    unsettled: () => unsettled,
    async close() {
      deliverWaiting()
      if (running > 0) await new Promise<void>((resolve) => (idle = resolve))
    },
  }
}

function isChange(_: Counted, amount: number): boolean {
  return amount !== 0 && Number.isFinite(amount)
}

function isLease({ bound }: Counted): boolean {
  return bound.type === 'concurrent'
}

function wasSent(result: PromiseSettledResult<Reply> | undefined): boolean {
  return result?.status === 'rejected' && !(result.reason instanceof RedisFault && !result.reason.sent)
}

function unavailable(thrown: unknown): AstraError {
  const reason = thrown instanceof RedisFault ? thrown.message : 'its answer cannot be read'
  return new AstraError('limits_unavailable', { reason: `Redis: ${reason}` })
}

/** Replies come in the order of what was asked, of each part those of its own. */
function merged(asked: readonly Counted[], amounts: Amounts, replies: readonly Reply[]): Taken {
  const [first] = replies
  const used = replies.length === 1 && first ? first.used : replies.flatMap((reply) => reply.used)
  let before = 0
  for (const reply of replies) {
    if (reply.refusedAt >= 0) return refusedTake(asked, amounts, before + reply.refusedAt, used, reply.nowMs)
    before += reply.used.length
  }
  return { taken: true, used, nowMs: first?.nowMs ?? 0, marks: replies.flatMap(({ marks }) => numbersOf(marks)) }
}

/** What it took, with the marks of all its rates. */
function markedBy(reply: Reply, { asked, amounts }: Part): Part {
  const [marks, others] = [numbersOf(reply.marks), numbersOf(reply.otherMarks)]
  const all = asked
    .filter(({ bound }) => bound.type === 'rate')
    .map(({ settles }) => (settles ? marks : others).splice(0, markSize))
  return { asked: asked.map((one) => ({ ...one, settles: true })), amounts, marks: all.flat() }
}

type Run = (act: 'take' | 'settle', part: Part, leaseId: string) => Promise<Reply>

function scriptRunner(redis: RedisConnection): Run {
  const script = scriptOf(countersScript)
  return async (act, { asked, amounts, marks = [] }, leaseId) => {
    const { keys, counters } = messageOf(asked)
    const values = [act, leaseId, counters, amounts.join(' '), marks.join(' ')]
    return replyOf(await redis.send((client) => runScript(client, script, keys, values)), keys.length)
  }
}

/** Of what was refused or settled there are no marks. */
function replyOf(reply: unknown, length: number): Reply {
  if (typeof reply !== 'string') throw unreadable()
  const [states = '', marks = '', otherMarks = ''] = reply.split(';')
  const [refused, nowMicros, ...used] = numbersOf(states)
  if (refused === undefined || nowMicros === undefined || used.length !== length) throw unreadable()
  return { refusedAt: refused - 1, nowMs: nowMicros / 1000, used, marks, otherMarks }
}

function numbersOf(text: string): number[] {
  return text === '' ? [] : text.split(' ').map(Number)
}

function unreadable(): RedisFault {
  return new RedisFault('its answer cannot be read', true)
}
