/** An item that is no row of the tensors. */
export class MisfitError extends Error {
  /** Which item it is. */
  readonly place: number
  readonly violations: readonly ItemViolation[]

  constructor(place: number, violations: readonly ItemViolation[]) {
    super(violations.map(({ path, message }) => `/${place}${path} ${message}`).join('; '))
    this.name = 'MisfitError'
    this.place = place
    this.violations = violations
  }
}

/** A JSON Pointer within the item, and what is wrong there ("must be …"). */
export interface ItemViolation {
  readonly path: string
  readonly message: string
}
