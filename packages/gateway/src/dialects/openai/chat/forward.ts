import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { WireRequest } from '../../../kernel/wire.ts'
import type { Forwarded, RequestWish } from '../../dialect.ts'
import { foldCase, setMembers } from '../../json-edit.ts'
import { outputLimitMembers } from '../../output-limit.ts'

/** The caller's own bytes under the model's name upstream; of a stream the usage is asked for, as it is to be accounted for. */
export function forwardRequest({ dialect, bytes, body }: WireRequest, wish: RequestWish): Forwarded {
  const limit = outputLimitMembers(dialect, body, wish)
  const model = JSON.stringify(wish.model)
  const options = body.stream_options ?? {}
  // Options out of form are upstream's to refuse.
  if (!wish.stream || !wish.tellsStreamUsage || !isJsonObject(options)) {
    return { bytes: setMembers(bytes, { model, ...limit }), hidesUsage: false }
  }
  // Written anew: of a key twice, or in other letters as well, upstream may believe the other one.
  const others = Object.entries(options).filter(([key]) => foldCase(key) !== 'include_usage')
  const asking = JSON.stringify({ ...Object.fromEntries(others), include_usage: true })
  return {
    bytes: setMembers(bytes, { model, stream_options: asking, ...limit }),
    hidesUsage: options.include_usage !== true,
  }
}
