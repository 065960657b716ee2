/** One management change, made or refused: kept for good, never a secret in it. */
export interface AuditEntry {
  /** Rises from entry to entry. */
  readonly id: number
  /** ms since the Unix epoch. */
  readonly time: number
  readonly keyId: string
  readonly consumer: string
  /** Where the request came from; undefined where that is not known. */
  readonly address: string | undefined
  /** Name of the operation, e.g. "createKey". */
  readonly operation: string
  /** The path of what it is about, e.g. "/keys/key_3f9a…". */
  readonly target: string
  readonly outcome: AuditOutcome
  /** Why it was not done. */
  readonly code: string | undefined
  /** JSON of the target before and after, as far as the operation tells it; cut where it is long. */
  readonly before: string | undefined
  readonly after: string | undefined
}

export const auditOutcomes = ['done', 'refused', 'failed'] as const
export type AuditOutcome = (typeof auditOutcomes)[number]

export interface AuditLog {
  /** Resolves when durable. There is no way to change or remove an entry. */
  append(entry: Omit<AuditEntry, 'id'>): Promise<void>
  list(filter: AuditFilter): Promise<AuditPage>
}

export interface AuditFilter {
  readonly operation?: string
  readonly target?: string
  readonly keyId?: string
  readonly consumer?: string
  readonly outcome?: string
  /** ms since the Unix epoch; from (inclusive), to (exclusive). */
  readonly from?: number
  readonly to?: number
  /** 1 to 1000. */
  readonly limit: number
  /** Id of the last entry of the page before; newest come first. */
  readonly beforeId?: number
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  /** Give it as `beforeId` for the next page; undefined on the last one. */
  readonly next: number | undefined
}
