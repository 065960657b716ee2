/** Why a command failed, in words for operators; never what was sent, which may hold a password. */
export class RedisFault extends Error {
  /** Whether Redis may have run it. */
  readonly sent: boolean
  /** What it did run comes here, where it was only too late. */
  readonly late: Promise<unknown> | undefined

  constructor(why: string, sent: boolean, late?: Promise<unknown>) {
    super(why)
    this.name = 'RedisFault'
    this.sent = sent
    this.late = late
  }
}

const textMax = 200

const plainWords: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^Command timed out|^Socket timeout/, 'it does not answer in time'],
  [
    /^Connection is closed|^Reached the max retries|^Stream isn't writeable|^Cluster isn't ready/,
    'the connection was lost',
  ],
  [/^MOVED|^CROSSSLOT/, 'it is a cluster: write its address as redis+cluster://host:port,host:port'],
]

/** The message alone: errors of the client carry the command with its arguments, AUTH's included. */
export function operatorText(thrown: unknown): string {
  if (thrown instanceof RedisFault) return thrown.message
  if (!(thrown instanceof Error)) return 'an unknown fault'
  const [first] = thrown instanceof AggregateError ? thrown.errors : []
  const message = thrown.message || (first instanceof Error ? first.message : thrown.name)
  const plain = plainWords.find(([pattern]) => pattern.test(message))
  return plain?.[1] ?? message.slice(0, textMax)
}
