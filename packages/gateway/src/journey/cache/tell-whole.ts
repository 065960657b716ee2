import type { WholeAnswer } from '../../kernel/answer.ts'
import type { Call } from '../../kernel/call.ts'
import type { AstraError } from '../../kernel/errors.ts'

/** What closes a Record. */
export interface Closing {
  succeed(itemsFailed: number): void
  fail(error: AstraError): void
}

/** Puts a whole answer into its door's form and closes the Record: the last of a call, whoever it was that answered. */
export function tellWhole(answer: WholeAnswer, { tell }: Call, record: Closing): WholeAnswer {
  tell?.(answer)
  if (answer.outputJson) {
    record.succeed(0)
    return answer
  }
  const failures = answer.items.flatMap((item) => ('error' in item ? [item.error] : []))
  const [first] = failures
  // The caller reads each item's error in a 200; for the Record a batch without a single output failed.
  if (first && failures.length === answer.items.length) record.fail(first)
  else record.succeed(failures.length)
  return answer
}
