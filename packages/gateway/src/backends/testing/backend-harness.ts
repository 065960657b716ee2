import type { Backend } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'

/** A backend with a fake upstream that does what the input tells it. */
export interface BackendHarness {
  readonly backend: Backend
  readonly version: Version
  readonly replica: string
  /** The n-th ordinary input, and its answer. */
  input(n: number): unknown
  output(n: number): unknown
  /** The chunks of its answer, at least two; left out where the backend does not stream. */
  chunks?(n: number): readonly unknown[]
  /** Inputs that make upstream misbehave; one that cannot happen here is left out. */
  readonly misbehaving: Partial<Readonly<Record<Misbehaviour, unknown>>>
  /** What upstream says whenever it fails, and no caller may read. */
  readonly privateWords: string
  /** A replica at which nothing answers. */
  readonly deadReplica?: string
  /** Requests or streams that upstream is working at. */
  running(): number
  /** Answers what is held. */
  letGo?(): void
  /** What is answered then; left out: the input itself. */
  readonly heldOutput?: unknown
  /** Calls that wait or run, as upstream reports with every answer. */
  readonly waiting?: number
  /** Makes upstream answer so from now on when it is asked whether it is ready. */
  readonly health?: Readonly<Record<'ready' | 'notReady' | 'silent', () => void>>
  /** Connections that are open at upstream. */
  connections?(): number
  /** The headers of the last request; left out where nothing leaves the process. */
  lastHeaders?(): Readonly<Record<string, unknown>>
  /** Ends the fake upstream; the backend was closed before. */
  close(): Promise<void>
}

/**
 * `refused`: this input alone is bad. `unavailable`: nothing ran. `busy`: nothing ran, and it says when to come back.
 * `failed`: it may have run. `unanswered`: the connection breaks before any answer. `torn`: it breaks within the answer.
 * `hang`: no answer ever comes. `held`: none before `letGo`. `cut`: a stream breaks after its first chunk. `stall`: a stream
 * says nothing more after its first chunk.
 */
export type Misbehaviour =
  | 'refused'
  | 'unavailable'
  | 'busy'
  | 'failed'
  | 'unanswered'
  | 'torn'
  | 'hang'
  | 'held'
  | 'cut'
  | 'stall'

/** What a harness may lack. */
export type Need = Misbehaviour | 'chunks' | 'lastHeaders' | 'deadReplica' | 'waiting' | 'health' | 'connections'

/** One promise of the port, held against a fresh harness. */
export interface Scenario {
  readonly title: string
  readonly needs: readonly Need[]
  readonly run: (harness: BackendHarness) => Promise<void>
}

/** Within this time upstream must have stopped after an abort. */
export const stopMs = 100
