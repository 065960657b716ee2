import type { EvaluationCase } from './evaluation.ts'

/** Cases that versions are evaluated on, kept under a name. What stands under it may be replaced: the digest tells one from another. */
export interface CaseSet {
  readonly name: string
  /** "sha256:…" over its lines. */
  readonly digest: string
  readonly cases: number
  /** Of them those with a truth. */
  readonly expected: number
  /** Of its lines, in UTF-8. */
  readonly bytes: number
  /** When it was put, ms since the Unix epoch, and by which key. */
  readonly time: number
  readonly by: string
}

/** All sets of a gateway may come to 800 MiB. */
export const setsMax = 100
export const setBytesMax = 8 * 2 ** 20
export const caseIdCharactersMax = 200

/** A path below or beside a manifest's folder is a name too, so that one who reads the manifest finds the file. */
export const setNamePattern = '^(\\.\\./)*([A-Za-z0-9_][A-Za-z0-9_.-]*/)*[A-Za-z0-9_][A-Za-z0-9_.-]*$'
export const setNameWords = 'letters, digits, ".", "_", "-" and "/", as in "heldout" or "data/heldout.jsonl"'
export const setNameCharactersMax = 200

/** What whoever evaluates needs of them. */
export interface CaseSets {
  list(): Promise<readonly CaseSet[]>
  /** In the order of its lines; one that has no id of its own gets its line as one. Undefined where there is no set of this name. */
  cases(name: string): Promise<ReadSet | undefined>
}

export interface ReadSet {
  readonly set: CaseSet
  readonly cases: readonly EvaluationCase[]
}

export interface CaseSetStore {
  list(): Promise<readonly CaseSet[]>
  /** In place of the one of this name. Rejects with `conflict` where there are `setsMax` others. */
  put(set: CaseSet, lines: readonly string[]): Promise<void>
  /** JSON, from a line (0 is the first) on. Undefined where there is none of this name. */
  lines(page: SetPage): Promise<StoredSet | undefined>
  /** Whether there was one. */
  remove(name: string): Promise<boolean>
  /** Those of these keys that are kept. */
  gateResults(keys: readonly string[]): Promise<readonly GateResult[]>
  /** In place of the one before, whose misses are counted on. The latest `gateResultsMax` are kept. */
  saveGateResult(result: Omit<GateResult, 'misses'>): Promise<void>
}

export interface SetPage {
  readonly name: string
  readonly from: number
  /** Left out: to the last. */
  readonly limit?: number
}

export interface StoredSet {
  readonly set: CaseSet
  readonly lines: readonly string[]
}

/** How a version did at a gate when it was tried last. One that passed need not be asked again. */
export interface GateResult {
  /**
   * Stands for the contract, the version's digest, that of the version it was held against, the set's digest, how many of its cases, and
   * the bounds.
   */
  readonly key: string
  /** ms since the Unix epoch. */
  readonly time: number
  readonly passed: boolean
  /** How often it did not pass, all in all: who tries until it passes is seen to. */
  readonly misses: number
  /** The figures, for people. */
  readonly words: string
}

export const gateResultsMax = 10_000
