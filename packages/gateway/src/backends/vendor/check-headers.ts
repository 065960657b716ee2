import type { Violation } from '../../kernel/errors.ts'
import type { VendorSettings } from './vendor-protocol.ts'

/** What is wrong with a version's own headers: in form, or with a secret that stands in the manifest. */
export function headerFault({ headers = {} }: VendorSettings): Violation | undefined {
  for (const [name, value] of Object.entries(headers)) {
    const message = nameFault(name) ?? (typeof value === 'string' && secretName.test(name) ? secretWords : undefined)
    if (message) return { path: 'headers', message: `${name} ${message}` }
  }
  return undefined
}

function nameFault(name: string): string | undefined {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name)) return 'is no name of a header'
  return taken.has(name.toLowerCase()) ? 'is set by the gateway itself' : undefined
}

/** Headers by these names are taken to hold secrets. */
const secretName = /auth|key|token|secret|password|cookie|credential|signature/i
const secretWords = 'looks like a secret: write {env: NAME} or {file: /path} in place of the text'

/** Those that belong to HTTP or to the call. */
const taken: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'astra-call-id',
  'traceparent',
  'tracestate',
])
