import { faultError } from '../../dialects/vendor-fault.ts'
import { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { type Reply, readRetryAfter } from '../http/reply.ts'
import type { VendorProtocol, VendorSettings } from './vendor-protocol.ts'

type ReadFault = VendorProtocol<VendorSettings>['fault']

export function succeeded(status: number): boolean {
  return status >= 200 && status < 300
}

/** The error of a response that is no success. */
export function refusal(reply: Reply, fault: ReadFault): AstraError {
  const { status } = reply
  const retryAfterMs = readRetryAfter(reply)
  const error = fault(readJson(reply.body), status, false, retryAfterMs) ?? strange(reply, retryAfterMs)
  const advice = advices.get(status)
  return advice === undefined
    ? error
    : new AstraError(error.code, { ...error.facts, reason: `${advice}; ${error.facts.reason}` })
}

/** Whatever answered does not speak the protocol: its words are for operators, the caller's request is at fault or not. */
function strange({ status, body }: Reply, retryAfterMs: number | undefined): AstraError {
  const message = body.toString('utf8', 0, wordsMax)
  const error = faultError({ status, type: '', message, retryAfterMs }, false)
  if (error.code !== 'invalid_input') return error
  return new AstraError('invalid_input', { ...error.facts, detail: 'The model refused this request' })
}

const wordsMax = 4000

/** What an operator should look at. */
const advices: ReadonlyMap<number, string> = new Map([
  [301, 'redirects are not followed: name the address it leads to in "replicas"'],
  [302, 'redirects are not followed: name the address it leads to in "replicas"'],
  [307, 'redirects are not followed: name the address it leads to in "replicas"'],
  [308, 'redirects are not followed: name the address it leads to in "replicas"'],
  [401, 'check "apiKey": other addresses than the vendor\'s own get no key unless it is named'],
  [403, 'check what the key of "apiKey" may use'],
  [404, 'check "model", and whether the address in "replicas" has its whole path, such as /v1'],
])

/** A whole answer as an object. Throws `upstream_failed` when it is none. */
export function readObject(body: Buffer): Readonly<Record<string, unknown>> {
  const value = readJson(body)
  if (isJsonObject(value)) return value
  const what = value === undefined ? 'is not JSON, or was cut off' : 'is no JSON object'
  throw new AstraError('upstream_failed', { reason: `the answer ${what}` })
}

/** Undefined for what is none; the parser's own message would quote it. */
function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
