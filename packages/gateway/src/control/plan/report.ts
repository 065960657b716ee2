import type { FaultAt, Place } from '../manifest/manifest.ts'
import type { Fault } from '../operations/ports.ts'

/** Takes down one fault of a plan. */
export type Report = (code: Fault['code'], place: Place, message: string, suggestion?: string) => void

export function reportInto(faults: Fault[], faultAt: FaultAt): Report {
  return (code, place, message, suggestion) => faults.push({ code, ...faultAt(place, message, suggestion) })
}
