import type { RequestWish } from '../../dialects/dialect.ts'
import type { AttemptContext } from '../../kernel/backend.ts'
import type { Asking } from './ask.ts'

export function wishOf({ wishes }: Asking, stream: boolean, { outputTokensMax }: AttemptContext): RequestWish {
  const wish = stream ? wishes.stream : wishes.whole
  return outputTokensMax === undefined ? wish : { ...wish, outputTokensMax }
}
