/** Which calls of a contract may be answered by an answer that was given before. Declared per contract; without it, none. */
export interface CachePolicy {
  /** Who shares answers with whom. */
  readonly scope: CacheScope
  readonly ttlMs: number
  /** For so long after that an answer still goes out, while one call asks anew. */
  readonly staleMs: number
  /** Of one answer, bytes; a longer one is not kept. */
  readonly answerBytesMax: number
  readonly semantic?: SemanticPolicy
}

export type CacheScope = 'consumer' | 'team' | 'public'

/** Answers to last messages that mean the same; all else must be equal. */
export interface SemanticPolicy {
  /** `measure` serves nobody, and reports what it would have served. */
  readonly mode: 'measure' | 'serve'
  /** "embed@v1": one of this gateway's own embedding contracts. */
  readonly model: string
  /** Cosine similarity from which on two mean the same, in (0, 1]. */
  readonly similarityMin: number
  /** A slower embedding is a miss. */
  readonly timeoutMs: number
}

/** What semantic look-ups of a contract came to, since a gateway started. */
export interface SemanticReport {
  readonly model: string
  readonly major: number
  /** Calls without an exact answer whose text was looked up. */
  readonly lookups: number
  /** Of them those whose text got no vector in time: they were misses. */
  readonly failures: number
  readonly served: number
  /** `measure`: those that would have been served. */
  readonly wouldServe: number
  /** Classes of similarity, the closest first. */
  readonly similarities: readonly SimilarityClass[]
}

export interface SimilarityClass {
  readonly from: number
  /** Whose nearest text was that close. */
  readonly calls: number
  /** Of them those that were asked all the same, and answered. */
  readonly compared: number
  /** Of those: whose answer said the very same. */
  readonly equal: number
}

export interface CacheEntry {
  /** The answer in a form of the journey's own. */
  readonly bytes: Buffer
  /** ms since the Unix epoch. */
  readonly storedAt: number
}

/**
 * Answers kept, in memory or shared over gateways; bounded in bytes. A key begins with what it is purged by, then "#":
 * "spam@v1/1.1#…". What fails is a miss, and counted.
 */
export interface CacheStore {
  get(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined>
  /** For so long. */
  set(key: string, entry: CacheEntry, keepMs: number): void
  /** The same where there is none yet, and only one of several comes first: whether it is this one. Undefined where nobody can tell, or it was not kept. */
  add(key: string, entry: CacheEntry, keepMs: number): boolean | undefined | Promise<boolean | undefined>
  delete(key: string): void
  /** By model ("spam"), contract ("spam@v1") or version ("spam@v1/1.1"); says how many went. Rejects with `store_unavailable`. */
  purge(prefix: string): Promise<number>
  status(): CacheStatus
  close(): Promise<void>
}

export interface CacheStatus {
  /** Undefined where they are not counted: what is shared is not this gateway's to count. */
  readonly entries: number | undefined
  readonly bytes: number | undefined
  /** What could not be looked up, kept or deleted, since the start. */
  readonly failures: number
  /** Not working: why; undefined when all is well. */
  readonly fault: string | undefined
}

/** What the cache had to do with a call; undefined in a Record where its contract has none, and no answer to its Idempotency-Key was kept. */
export type CacheOutcome = 'hit' | 'stale' | 'joined' | 'miss' | 'bypass' | 'semantic'

/** The same as its caller is told it. */
export interface CacheNote {
  readonly outcome: CacheOutcome
  /** Of an answer that was given before. */
  readonly ageMs?: number
  /** `semantic`: of the text that it was given for, to that of this call; at most 1. */
  readonly similarity?: number
  /** It was given to an earlier call with the same Idempotency-Key. */
  readonly replayed?: true
}

/** Whether a key of a `CacheStore` belongs to this model, contract or version. */
export function isPurgedBy(key: string, prefix: string): boolean {
  return key.startsWith(purgedText(prefix))
}

/** What such keys begin with: what follows a name is told by what it names. */
export function purgedText(prefix: string): string {
  return prefix + (prefix.includes('/') ? '#' : prefix.includes('@') ? '/' : '@')
}
