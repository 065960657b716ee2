import { unitInterval } from './unit-interval.ts'

/**
 * Which of so many items of a call stands for it: by the call's id, so that it is the same one whoever looks. Items of one call are much
 * alike, and statistics that take them for values of their own are surer than they may be.
 */
export function chosenPlace(purpose: string, callId: string, places: number): number {
  return places <= 1 ? 0 : Math.floor(unitInterval(purpose, callId) * places)
}
