/** What the processes of `share-limits.ts` use together. */
export const rate = { type: 'rate', amount: 300, perMs: 1000, burst: 50 } as const
export const inFlightMax = 5
export const budgetMax = 3000

export interface Report {
  readonly requests: number
  readonly calls: number
  readonly spent: number
  /** The most calls at once that this process knew of, those of the others included. */
  readonly inFlightSeen: number
  readonly refused: number
  readonly unsettled: number
}
