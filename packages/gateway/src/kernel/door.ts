import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import type { Caller } from './caller.ts'
import type { Catalog } from './catalog.ts'
import type { Clock } from './clock.ts'
import type { AstraError } from './errors.ts'
import type { Operation, OperationContext } from './operation.ts'

/** What a door is given: it turns its protocol into Calls and operations, and their results back. It knows no model. */
export interface DoorContext {
  readonly clock: Clock
  catalog(): Catalog
  readonly operations: readonly Operation[]
  /** The journey of one call. Gives what it failed with; either way exactly one Record is kept. Rejects where none may begin. */
  serve(call: Call, caller: Caller): Promise<Answer | AstraError>
  /** Keeps the Record of a call that its door could not read. */
  refuse(call: Call, caller: Caller, error: AstraError): void
  /** Checks permission and input, then runs the operation. Rejects with an AstraError. */
  operate(operation: Operation, input: unknown, context: OperationContext): Promise<unknown>
}
