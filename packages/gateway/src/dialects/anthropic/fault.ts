import type { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { faultError } from '../vendor-fault.ts'
import { textOf } from './json.ts'

/**
 * The failure that Anthropic tells by `body`, or by its HTTP status alone; undefined where neither tells one. The status that came
 * with it counts; in a 200 and in an event of a stream the kind of error says which one it stands for.
 */
export function anthropicFault(
  body: unknown,
  status: number | undefined,
  began: boolean,
  retryAfterMs?: number,
): AstraError | undefined {
  const error = isJsonObject(body) && isJsonObject(body.error) ? body.error : undefined
  const failed = status !== undefined && status >= 400
  if (!error && !failed) return undefined
  const type = textOf(error?.type)
  const message = textOf(error?.message)
  return faultError({ status: failed ? status : statusByType.get(type), type, message, retryAfterMs }, began)
}

/** As https://platform.claude.com/docs/en/api/errors lists them. */
const statusByType: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
])
