import { describe } from 'node:test'
import type { Store } from '../kernel/store.ts'
import { auditConformance } from './conformance/audit.ts'
import { callsConformance } from './conformance/calls.ts'
import { driftConformance } from './conformance/drift.ts'
import { evaluationsConformance } from './conformance/evaluations.ts'
import { evidenceConformance } from './conformance/evidence.ts'
import { feedbackConformance } from './conformance/feedback.ts'
import { judgesConformance } from './conformance/judges.ts'
import { payloadsConformance } from './conformance/payloads.ts'
import { recordsConformance } from './conformance/records.ts'
import { setsConformance } from './conformance/sets.ts'
import { shadowConformance } from './conformance/shadow.ts'
import { stateConformance } from './conformance/state.ts'
import { usageConformance } from './conformance/usage.ts'

/** Somewhere that a store's data lies: empty when it is made, kept from one `open` to the next. */
export interface StorePlace {
  /** The caller closes the store before it opens the place again. */
  open(): Promise<Store>
  /** Called once; closes what a failed test left open. */
  remove(): Promise<void>
}

export type NewPlace = () => Promise<StorePlace>

/** What every store must do, whatever it keeps its data in: registers the tests under `name`. */
export function storeConformance(name: string, newPlace: NewPlace): void {
  describe(`the ${name} store conforms`, () => {
    recordsConformance(newPlace)
    feedbackConformance(newPlace)
    evidenceConformance(newPlace)
    callsConformance(newPlace)
    usageConformance(newPlace)
    stateConformance(newPlace)
    auditConformance(newPlace)
    shadowConformance(newPlace)
    judgesConformance(newPlace)
    setsConformance(newPlace)
    evaluationsConformance(newPlace)
    payloadsConformance(newPlace)
    driftConformance(newPlace)
  })
}
