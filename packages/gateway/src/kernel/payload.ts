/**
 * What a call asked and what was answered, kept beside its Record where its contract says so (`CapturePolicy`). Unlike the Record it may be
 * missing: it is a share, and what cannot be kept in time is dropped and counted.
 */
export interface Payload {
  readonly callId: string
  /** When the call was received, ms since the Unix epoch. */
  readonly time: number
  readonly model: string
  readonly major: number
  /** Id of the version that answered. */
  readonly version: string
  readonly redacted: boolean
  /** Kept until then, ms since the Unix epoch. */
  readonly until: number
  /** One an item, in canonical form, as the contract's schema has it where nothing was redacted. */
  readonly inputs: readonly unknown[]
  /** As many as inputs; of a stream only what it said is known, and so a single text. */
  readonly outputs: readonly PayloadOutput[]
}

export type PayloadOutput =
  | { readonly output: unknown }
  /** All that a stream said. */
  | { readonly text: string }
  /** The item failed: its error code. */
  | { readonly error: string }

/** As it is kept: JSON of the lists, made once and handed through. */
export interface StoredPayload extends Omit<Payload, 'inputs' | 'outputs'> {
  readonly inputs: string
  readonly outputs: string
}

export interface PayloadStore {
  /** Resolves when they are written; all of them or none. A call whose payload is there already keeps it. */
  put(payloads: readonly StoredPayload[]): Promise<void>
  payload(callId: string): Promise<Payload | undefined>
  /** Oldest first. */
  payloads(filter: PayloadFilter): Promise<PayloadPage>
  count(of: PayloadsOf): Promise<number>
  /** How many went. */
  forget(of: PayloadsOf): Promise<number>
  /** One step of a sweep: those whose time is over at `now`, or that were written ahead of it, by a clock that was wrong; where there are none, and all take more than `bytesMax`, those that end next. */
  expire(now: number, bytesMax: number): Promise<ExpiredPayloads>
}

/** How many went in one step. */
export interface ExpiredPayloads {
  readonly over: number
  /** Before their time, as there is no room for more. */
  readonly crowded: number
}

/** Which payloads. */
export interface PayloadsOf {
  readonly model: string
  readonly major?: number
  /** Version id. */
  readonly version?: string
  /** ms since the Unix epoch, by when the call was received; from (inclusive), to (exclusive). */
  readonly from?: number
  readonly to?: number
}

/** Whether it is one of them. */
export function isAmong(
  { model, major, version, time }: Pick<Payload, 'model' | 'major' | 'version' | 'time'>,
  of: PayloadsOf,
): boolean {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = of
  const ofContract = model === of.model && major === (of.major ?? major) && version === (of.version ?? version)
  return ofContract && time >= from && time < to
}

export interface PayloadFilter extends PayloadsOf {
  /** 1 to 1000; a page may hold fewer, as its bytes are bounded too. */
  readonly limit: number
  /** `next` of the page before. */
  readonly after?: string
}

export interface PayloadPage {
  readonly payloads: readonly Payload[]
  /** Give it as `after` for the next page; undefined on the last one. */
  readonly next: string | undefined
}
