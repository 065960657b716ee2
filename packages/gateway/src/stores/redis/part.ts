import { mostOf } from '../../kernel/bounds.ts'
import { type Amounts, type Bound, type Counted, type Marks, markSize } from '../../kernel/limits.ts'

/** Counters that are asked together, and about what. */
export interface Part {
  readonly asked: readonly Counted[]
  readonly amounts: Amounts
  /** Of each rate that settles. */
  readonly marks?: Marks | undefined
}

function isMarked({ bound, settles }: Counted): boolean {
  return settles && bound.type === 'rate'
}

/** Those alone, or the same where that is all of them. */
export function only(part: Part, isWanted: (one: Counted, amount: number) => boolean): Part {
  const { asked, amounts, marks } = part
  const wants = (one: Counted) => isWanted(one, amounts[one.of] ?? 0)
  if (asked.every(wants)) return part
  const marked = asked.filter(isMarked)
  const left = marks && marked.flatMap((one, at) => (wants(one) ? markAt(marks, at) : []))
  return { asked: asked.filter(wants), amounts, marks: left }
}

/** That of the so-manyth rate that settles. */
function markAt(marks: Marks, at: number): Marks {
  return marks.slice(markSize * at, markSize * (at + 1))
}

const alone = new WeakMap<readonly Counted[], readonly (readonly Counted[])[]>()

/** Each by itself. */
export function eachOf({ asked, amounts, marks }: Part): readonly Part[] {
  let lists = alone.get(asked)
  if (!lists) {
    lists = asked.map((one) => [one])
    alone.set(asked, lists)
  }
  let marked = 0
  return lists.map((list) => {
    if (!marks || !list.some(isMarked)) return { asked: list, amounts }
    return { asked: list, amounts, marks: markAt(marks, marked++) }
  })
}

/** As the script reads them. */
interface Message {
  readonly keys: readonly string[]
  readonly counters: string
}

/** Of a limit's key. */
export function counterKey(key: string): string {
  return `astra:limit:${key}`
}

/** The same lists are asked about call after call: of 30 counters, 210 arguments and 90 replies of their own were 200 us and 90 kB of a call. */
const messages = new WeakMap<readonly Counted[], Message>()

export function messageOf(asked: readonly Counted[]): Message {
  let message = messages.get(asked)
  if (!message) {
    message = { keys: asked.map(({ key }) => counterKey(key)), counters: asked.map(textOf).join(' ') }
    messages.set(asked, message)
  }
  return message
}

function textOf({ bound, of, settles }: Counted): string {
  return `${bound.type} ${mostOf(bound)} ${drainLeaseOrEnd(bound)} ${of + 1} ${settles ? 1 : 0}`
}

function drainLeaseOrEnd(bound: Bound): number {
  if (bound.type === 'rate') return bound.amount / (bound.perMs * 1000)
  // Redis takes whole ms.
  return Math.ceil(bound.type === 'sum' ? bound.until : bound.leaseMs)
}
