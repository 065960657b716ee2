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

export interface CacheEntry {
  /** The answer in a form of the journey's own. */
  readonly bytes: Buffer
  /** ms since the Unix epoch. */
  readonly storedAt: number
}

/** Answers kept, in memory or shared over gateways; bounded in bytes. What fails is a miss, and counted. */
export interface CacheStore {
  get(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined>
  /** For so long. `group`: what it is purged by, "spam@v1/1.1". */
  set(key: string, entry: CacheEntry, group: string, keepMs: number): void
  /** By model ("spam"), contract ("spam@v1") or version ("spam@v1/1.1"); says how many went, as far as it knows. */
  purge(prefix: string): Promise<number>
  status(): { readonly entries: number; readonly bytes: number; readonly fault: string | undefined }
  close(): Promise<void>
}

/** What the cache had to do with a call; undefined in a Record where its contract has none. */
export type CacheOutcome = 'hit' | 'stale' | 'joined' | 'miss' | 'bypass' | 'semantic'
