import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'

/** The same call with what its caller's token is bound to: whoever holds the token cannot pass for another unit. */
export function bindCall(call: Call, { bound }: Caller): Call {
  return bound === undefined ? call : { ...call, options: { ...call.options, ...bound } }
}
