import { AstraError } from '../kernel/errors.ts'
import type { Operation, OperationContext } from '../kernel/operation.ts'
import type { Schema } from '../kernel/schema/schema.ts'
import { compileSchema } from '../kernel/schema/validator.ts'
import { requirePermission } from './admit/permit.ts'

type Check = ReturnType<typeof compileSchema>

const checks = new WeakMap<Operation, Check>()

/**
 * The journey of an operation: may they, does the input fit, has the write its precondition; then run it. `permitted` is called right
 * before it runs.
 */
export async function operate(
  operation: Operation,
  input: unknown,
  context: OperationContext,
  permitted?: () => void,
): Promise<unknown> {
  requirePermission(context.caller, operation.permission)
  const violations = checkOf(operation)(input, '')
  if (violations) {
    const [one] = violations
    throw new AstraError('invalid_input', {
      ...(one ? { detail: `The input does not fit: ${one.path || '/'} ${one.message}` } : {}),
      violations,
    })
  }
  if (operation.guarded && context.ifMatch === undefined) throw new AstraError('precondition_required')
  permitted?.()
  return await operation.run(input as never, context)
}

function checkOf(operation: Operation): Check {
  let check = checks.get(operation)
  if (!check) {
    check = compileSchema(operation.input as Schema)
    checks.set(operation, check)
  }
  return check
}
