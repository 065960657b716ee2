import type { RequestWish } from '../../dialects/dialect.ts'
import { type Asking, isOwn } from './ask.ts'

export function wishOf({ protocol, settings, upstream }: Asking, stream: boolean): RequestWish {
  return { model: settings.model, stream, ...protocol.wording(settings, isOwn(protocol, upstream.replica)) }
}
