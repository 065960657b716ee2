import type { AuditEntry, AuditLog } from '../../kernel/audit.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, operatorReason, toAstraError } from '../../kernel/errors.ts'
import type { Operation, OperationContext } from '../../kernel/operation.ts'
import { auditTarget, auditText, type Mask, maskOf } from './audit-text.ts'
import { createRefusalBound } from './refusal-bound.ts'

type Operate = (
  operation: Operation,
  input: unknown,
  context: OperationContext,
  permitted?: () => void,
) => Promise<unknown>

export interface AuditPorts {
  readonly log: AuditLog
  readonly clock: Clock
  /** Whether a text is a key that is known here. */
  readonly isKey: (text: string) => boolean
  /** Left out: knows no keys but those of our form. */
  readonly mask?: Mask | undefined
  /** Sees why a refusal could not be kept; its caller sees the refusal. */
  readonly report: (error: AstraError) => void
}

/**
 * Runs operations and leaves one entry of each management change, made or refused. Of a change that was made the answer waits until its
 * entry is durable; when the store fails just then, the caller is told that the change stands without one.
 */
export function auditOperations(
  operate: Operate,
  { log, clock, isKey, mask = maskOf([]), report }: AuditPorts,
): Operate {
  const bound = createRefusalBound(clock)

  return async (operation, input, context) => {
    if (!isManagement(operation)) return await operate(operation, input, context)
    let before: string | undefined
    const entry = (rest: Pick<AuditEntry, 'outcome' | 'code' | 'after'>, output?: unknown): Omit<AuditEntry, 'id'> => ({
      time: clock.now(),
      keyId: context.caller.keyId,
      consumer: context.caller.consumer,
      address: context.address?.slice(0, 64),
      operation: operation.name,
      target: auditTarget(pathOf(operation, input, output), input, { isKey, mask }),
      before,
      ...rest,
    })
    let output: unknown
    try {
      output = await operate(operation, input, context, () => {
        before = stateOf(operation, mask, input)
      })
    } catch (thrown) {
      const error = toAstraError(thrown)
      if (bound.admits(context.caller.keyId)) {
        const outcome = error.status >= 500 ? 'failed' : 'refused'
        await log
          .append(entry({ outcome, code: error.code, after: undefined }))
          .catch((fault) => report(toAstraError(fault)))
      }
      throw error
    }
    try {
      await log.append(
        entry({ outcome: 'done', code: undefined, after: stateOf(operation, mask, input, output) }, output),
      )
    } catch (thrown) {
      throw unwritten(operation, thrown)
    }
    return output
  }
}

function unwritten({ kind }: Operation, thrown: unknown): AstraError {
  const told =
    kind === 'query'
      ? {
          detail:
            'It is not shown, as the read could not be written into the audit log: the store cannot be reached just now',
          next: 'Repeat it in a moment.',
        }
      : {
          detail: 'The change was made, but not written into the audit log: the store cannot be reached just now',
          next: 'Read the present state before you repeat it.',
        }
  return new AstraError('store_unavailable', {
    ...told,
    reason: operatorReason(toAstraError(thrown)),
    cause: thrown,
  })
}

/**
 * What callers do with a key that may infer (feedback, tokens of their own) changes nothing that is managed, and comes as often as calls. A
 * read is management where it says what the log keeps of it: it shows what people wrote.
 */
export function isManagement({ kind, permission, audit }: Operation): boolean {
  return permission !== 'infer' && (kind === 'mutation' || audit !== undefined)
}

/** Of an input that does not fit, nothing can be told. */
function pathOf({ auditTarget, path }: Operation, input: unknown, output: unknown): string {
  try {
    return auditTarget?.(input as never, output as never) ?? path
  } catch {
    return path
  }
}

/** What cannot be told is not told: it must not keep the change from being made, nor its entry from being written. */
function stateOf({ audit }: Operation, mask: Mask, input: unknown, output?: unknown): string | undefined {
  try {
    return auditText(audit?.(input as never, output as never), mask)
  } catch {
    return undefined
  }
}
