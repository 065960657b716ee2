import { loadOf } from './load.ts'
import type { Member } from './member.ts'

const fullScanMax = 4
/** Latencies within a factor of 2 are alike. */
const similar = Math.log(2)

/**
 * The least loaded of all where they are few, else of two drawn at random: the power of two choices, at a cost that does not
 * grow. Between few hosts two random draws would often miss the idle one.
 */
export function choose(members: readonly Member[], now: number, random: () => number): Member | undefined {
  const { length } = members
  if (length <= fullScanMax) return leastLoaded(members, now, random)
  const first = Math.floor(random() * length)
  const second = (first + 1 + Math.floor(random() * (length - 1))) % length
  return leastLoaded([members[first] as Member, members[second] as Member], now, random)
}

function leastLoaded(members: readonly Member[], now: number, random: () => number): Member | undefined {
  if (members.length < 2) return members[0]
  let least = Number.POSITIVE_INFINITY
  let tied: Member[] = []
  for (const member of members) {
    const load = loadOf(member, members.length, now, random)
    if (load > least) continue
    if (load === least) tied.push(member)
    else {
      least = load
      tied = [member]
    }
  }
  return tied.length === 1 ? tied[0] : inTurn(tied)
}

/** Of equally loaded ones those that answer about as fast as the fastest, one after another; an unknown one is as fast. */
function inTurn(members: readonly Member[]): Member | undefined {
  let fastest = Number.POSITIVE_INFINITY
  for (const { latency } of members) if (latency.rank !== undefined && latency.rank < fastest) fastest = latency.rank
  let next: Member | undefined
  for (const member of members) {
    const slow = (member.latency.rank ?? fastest) > fastest + similar
    if (!slow && (!next || member.turn < next.turn)) next = member
  }
  return next
}
