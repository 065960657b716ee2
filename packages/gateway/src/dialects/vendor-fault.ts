import { AstraError, type ErrorFacts } from '../kernel/errors.ts'

/** What an upstream says of a failure: in a status with a body, in a 200's body, or in an event of a stream. */
export interface VendorFault {
  /** HTTP status, or the one that the protocol gives this kind of error; undefined where neither is known. */
  readonly status: number | undefined
  /** The protocol's word for the kind of error. */
  readonly type: string
  readonly message: string
  readonly retryAfterMs?: number | undefined
}

const wordsMax = 1000
const typeLengthMax = 64

/**
 * The error of a call that upstream refused or failed. What it says of the request itself (400, 413, 422) is the caller's to read, as
 * nobody else can correct it; everything else is for operators. `began`: an answer had begun, so that something surely ran.
 * Otherwise what it refused is `unspent`, and of what it failed at nobody knows.
 */
export function faultError({ status, type, message, retryAfterMs }: VendorFault, began: boolean): AstraError {
  const words = message.slice(0, wordsMax)
  const reason = `upstream said ${status ?? 'an error'}${type && ` (${type.slice(0, typeLengthMax)})`}: ${words}`
  if (began || status === undefined) return new AstraError('upstream_failed', { reason })
  if (callersOwn.has(status)) {
    return new AstraError('invalid_input', { detail: `The model refused this request: ${words}`, reason })
  }
  const again = busy.get(status)
  if (again === undefined) return new AstraError('upstream_failed', { reason, ...unspentAt(status) })
  const facts: ErrorFacts = { reason, retryAfterMs: Math.min(retryAfterMs ?? again, retryAfterMaxMs) }
  return new AstraError('upstream_unavailable', facts)
}

/** The fact that an HTTP status tells: a key, a path or a redirect that is at fault is refused before any work is done. */
export function unspentAt(status: number): Pick<ErrorFacts, 'unspent'> {
  return status >= 300 && status < 500 && !spentMaybe.has(status) ? { unspent: true } : {}
}

/** Refusals by their number alone: it took too long (408, 499), or a model failed behind whoever answered (Bedrock's 424). */
const spentMaybe: ReadonlySet<number> = new Set([408, 424, 499])
/** The request itself is at fault. */
const callersOwn: ReadonlySet<number> = new Set([400, 413, 422])
/** Surely nothing ran, as upstream has too much to do: by status, when to come back where it does not say, in ms. */
const busy: ReadonlyMap<number, number> = new Map([
  [429, 1000],
  [503, 1000],
  [529, 1000],
])
const retryAfterMaxMs = 3_600_000
