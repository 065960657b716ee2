import type { WireRequest } from '../../../kernel/wire.ts'
import type { Forwarded, RequestWish } from '../../dialect.ts'
import { setMembers } from '../../json-edit.ts'
import { isObject } from './fields.ts'

/** The caller's own bytes under the model's name upstream; of a stream the usage is asked for, as it is to be accounted for. */
export function forwardRequest({ bytes, body }: WireRequest, wish: RequestWish): Forwarded {
  const model = JSON.stringify(wish.model)
  const options = body.stream_options ?? {}
  // Options out of form are upstream's to refuse.
  if (!wish.stream || !wish.tellsStreamUsage || !isObject(options) || options.include_usage === true) {
    return { bytes: setMembers(bytes, { model }), hidesUsage: false }
  }
  const asking = JSON.stringify({ ...options, include_usage: true })
  return { bytes: setMembers(bytes, { model, stream_options: asking }), hidesUsage: true }
}
