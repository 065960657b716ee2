import { replicaStates } from '../../../kernel/replicas.ts'
import { comeBack, ejectedMax, isEjected } from './ejection.ts'
import type { Endpoint, Fact, Member } from './member.ts'
import { standingOf } from './standing.ts'

/** Who belongs to a version, and who of them takes calls just now. */
export class Roster {
  readonly members = new Map<Endpoint, Member>()
  /** By address, as it may be told before the member joins. */
  readonly barred = new Map<string, Fact>()
  /** Whom to choose among, best pool first, and until when that holds. */
  #pools: readonly (readonly Member[])[] = []
  #poolsUntil = Number.NEGATIVE_INFINITY

  /** Whoever changes a member's state says so; only the end of an ejection comes by itself. */
  changed(): void {
    this.#poolsUntil = Number.NEGATIVE_INFINITY
  }

  /**
   * For the next attempt of a call that tried some: those that take calls; where none does, trying the others is better than
   * refusing, the ejected ones first.
   */
  candidates(tried: readonly Member[], now: number): readonly Member[] {
    if (now >= this.#poolsUntil) this.#fillPools(now)
    for (const pool of this.#pools) {
      const left = tried.length === 0 ? pool : pool.filter((member) => !tried.includes(member))
      if (left.length > 0) return left
    }
    return []
  }

  takesCalls(member: Member, now: number): boolean {
    const barred = this.barred.get(member.endpoint.address)
    return replicaStates[standingOf(member, barred, now).state].takesCalls
  }

  /** Whether a member takes calls that is none of these. */
  hasOther(tried: readonly Member[], now: number): boolean {
    return this.candidates(tried, now).some((member) => this.takesCalls(member, now))
  }

  mayEject(member: Member, now: number): boolean {
    const { all, ejected } = this.#countEjected(now)
    return ejected.length < ejectedMax(all) && this.hasOther([member], now)
  }

  /** Fewer members bear fewer ejections: the longest ones end. */
  keepEjectionsBounded(now: number): void {
    const { all, ejected } = this.#countEjected(now)
    ejected.sort((a, b) => a.ejection.until - b.ejection.until)
    for (const member of ejected.slice(ejectedMax(all))) comeBack(member, 'too many were ejected', now)
  }

  #fillPools(now: number): void {
    const pools: Record<string, Member[]> = { taking: [], ejected: [], down: [] }
    this.#poolsUntil = Number.POSITIVE_INFINITY
    for (const member of this.members.values()) {
      if (isEjected(member, now)) this.#poolsUntil = Math.min(this.#poolsUntil, member.ejection.until)
      const { state } = standingOf(member, this.barred.get(member.endpoint.address), now)
      pools[replicaStates[state].takesCalls ? 'taking' : state]?.push(member)
    }
    const { taking = [], ejected = [], down = [] } = pools
    this.#pools = taking.length > 0 ? [taking] : [ejected, down]
  }

  #countEjected(now: number): { all: number; ejected: Member[] } {
    const belong = [...this.members.values()].filter(({ drainingAt }) => drainingAt === undefined)
    return { all: belong.length, ejected: belong.filter((member) => isEjected(member, now)) }
  }
}
