import type { ErrorCode } from '../../packages/gateway/src/kernel/errors.ts'
import { type FaultName, grown } from './faults.ts'

/** What every call asks for, and so what is answered. */
export const asked = 'Grüße aus 東京 👋, alles gut'
export const firstWord = 'Grüße '

type FaultCode = Extract<ErrorCode, 'upstream_failed' | 'upstream_unavailable' | 'upstream_stalled' | 'timeout'>

/** What a caller gets, and what the Record says, when upstream does as its row is called. */
export interface Outcome {
  /** `ok`: the answer, to its terminal event. `refused`: a status of its own. `broken`: what came, and an error event. */
  readonly end: 'ok' | 'refused' | 'broken'
  readonly code?: FaultCode
  /** What comes of the answer. */
  readonly text?: string
  /** Of the header Retry-After, in s. */
  readonly retryAfter?: number
  /** Where the protocols are the same, what comes is what upstream sent, byte by byte. */
  readonly verbatim?: boolean
  /** Another replica is asked, too, as running twice costs only work. */
  readonly again?: true
  /**
   * What is to be paid for it where nothing of the answer came: what upstream told, or that, and where it told nothing the input,
   * estimated. Left out: nothing, as nothing was done.
   */
  readonly owed?: 'told' | 'input'
  /** Upstream's first events came, in which only Anthropic tells what was put in. */
  readonly preamble?: true
}

/** `asked` in tokens, as the o200k vocabulary counts them. */
export const askedTokens = 10

export const mended: Outcome = { end: 'ok', text: asked }
const ok: Outcome = { ...mended, verbatim: true }
const refused: Outcome = { end: 'refused', code: 'upstream_failed', again: true }
const failed: Outcome = { ...refused, owed: 'told' }
const unanswered: Outcome = { ...refused, owed: 'input' }
const unavailable: Outcome = { end: 'refused', code: 'upstream_unavailable', retryAfter: 1, again: true }
const stalled: Outcome = { end: 'refused', code: 'upstream_stalled', again: true, owed: 'input' }
const late: Outcome = { end: 'refused', code: 'timeout', owed: 'input' }
const broken = (code: FaultCode, text = firstWord): Outcome => ({ end: 'broken', code, text })
const busy: Outcome = { ...unavailable, retryAfter: 7 }
const megabyte: Outcome = { ...ok, text: grown(asked) }

/** Of the two forms of an answer, those that it can happen to. */
interface Row {
  readonly fault: FaultName
  readonly whole?: Outcome
  readonly stream?: Outcome
}

const rows: Readonly<Record<string, Row>> = {
  'answers well': { fault: 'well', whole: ok, stream: ok },
  'refuses the connection': { fault: 'refused', whole: unavailable, stream: unavailable },
  'resets before headers': { fault: 'reset-first', whole: unanswered, stream: unanswered },
  'resets before content': { fault: 'reset-preamble', stream: { ...failed, preamble: true } },
  'resets in mid-stream': { fault: 'reset-midway', whole: failed, stream: broken('upstream_failed') },
  'refuses the key': { fault: 'status-401', whole: refused, stream: refused },
  'answers 500': { fault: 'status-500', whole: failed, stream: failed },
  'answers 429 with Retry-After': { fault: 'busy-429', whole: busy, stream: busy },
  'answers 200 with an error body': { fault: 'error-body', whole: failed, stream: failed },
  'sends an error event before content': { fault: 'error-first', stream: { ...failed, preamble: true } },
  'says that it is overloaded before content': { fault: 'overloaded-first', stream: unavailable },
  'sends an error event after content': { fault: 'error-later', stream: broken('upstream_failed') },
  'stalls before headers': { fault: 'stall-first', whole: late, stream: stalled },
  'stalls before content': { fault: 'stall-preamble', stream: { ...stalled, preamble: true } },
  'stalls in mid-stream': { fault: 'stall-midway', whole: late, stream: broken('upstream_stalled') },
  'only says that it is there before headers': { fault: 'alive-first', stream: mended },
  'only says that it is there in mid-stream': { fault: 'alive-midway', stream: mended },
  'drips slowly': { fault: 'drip', whole: ok, stream: ok },
  'drips one event': { fault: 'drip-one-event', stream: ok },
  'drips without end': { fault: 'drip-endless', stream: broken('timeout') },
  'sends truncated JSON': { fault: 'cut-json', whole: failed, stream: { ...failed, preamble: true } },
  'sends truncated JSON after content': { fault: 'cut-json-later', stream: broken('upstream_failed') },
  'ends before content': { fault: 'no-content', stream: { ...failed, preamble: true } },
  'ends without a finish': { fault: 'no-finish', stream: broken('upstream_failed', asked) },
  'ends without its terminal event, having told its finish': { fault: 'no-terminal', stream: mended },
  'sends 1 MB in one event': { fault: 'megabyte', whole: megabyte, stream: megabyte },
  'splits UTF-8 over chunks': { fault: 'split-utf8', whole: ok, stream: ok },
  'tells its finish twice': { fault: 'finish-twice', stream: mended },
}

interface Case {
  readonly what: string
  readonly fault: FaultName
  readonly form: 'whole' | 'stream'
  readonly expected: Outcome
}

export const cases: readonly Case[] = Object.entries(rows).flatMap(([what, row]) =>
  (['whole', 'stream'] as const).flatMap((form) => {
    const expected = row[form]
    return expected ? [{ what, fault: row.fault, form, expected }] : []
  }),
)
