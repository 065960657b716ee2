import { Secret } from '../../kernel/secret.ts'
import type { SecretReference, SecretSource } from '../secrets/secret-source.ts'
import type { VendorProtocol, VendorSettings } from './vendor-protocol.ts'

/** What every request of a version to one address says of itself: names and values in turn, and the secrets among them. */
export interface FixedHeaders {
  readonly lines: readonly string[]
  readonly secrets: readonly Secret[]
}

/** A secret's place in a header's value. */
interface Blank {
  readonly reference: SecretReference
  readonly fill: (secret: string) => string
}

/** Rejects as `SecretSource.read` does. Written anew only when a secret has changed: a call is left with a look at each. */
export function fixedHeaders(
  protocol: VendorProtocol<VendorSettings>,
  settings: VendorSettings,
  replica: string,
  source: SecretSource,
): () => FixedHeaders | Promise<FixedHeaders> {
  const headers = headersOf(protocol, settings, replica)
  const blanks = [...headers.values()].filter((value) => typeof value !== 'string')
  let written: FixedHeaders | undefined
  const write = (secrets: readonly Secret[]): FixedHeaders => {
    if (written?.secrets.every((secret, at) => secret === secrets[at])) return written
    const filled = new Map(blanks.map((blank, at) => [blank, secrets[at]?.reveal() ?? '']))
    const lines = [...headers].flatMap(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.fill(filled.get(value) ?? ''),
    ])
    written = { lines, secrets }
    return written
  }
  return () => {
    const found = blanks.map(({ reference }) => secretAt(reference, source))
    const known = found.filter((secret) => secret instanceof Secret)
    return known.length === found.length ? write(known) : Promise.all(found).then(write)
  }
}

/** One that throws at once must not leave the others' promises without anybody who hears them fail. */
function secretAt(reference: SecretReference, source: SecretSource): Secret | Promise<Secret> {
  try {
    return source.read(reference)
  } catch (thrown) {
    return Promise.reject(thrown)
  }
}

function headersOf(
  protocol: VendorProtocol<VendorSettings>,
  settings: VendorSettings,
  replica: string,
): ReadonlyMap<string, string | Blank> {
  const headers = new Map<string, string | Blank>(Object.entries(protocol.headers(settings)))
  const key = keyReference(protocol, settings, replica)
  if (key) {
    const [name] = protocol.authorise('', settings)
    headers.set(name, { reference: key, fill: (secret) => protocol.authorise(secret, settings)[1] })
  }
  for (const [name, value] of Object.entries(settings.headers ?? {})) {
    headers.set(name.toLowerCase(), typeof value === 'string' ? value : { reference: value, fill: (secret) => secret })
  }
  return headers.set('content-type', 'application/json')
}

/** A key goes to another address than the vendor's own only when the manifest says so. */
export function keyReference(
  protocol: VendorProtocol<VendorSettings>,
  settings: VendorSettings,
  replica: string,
): SecretReference | undefined {
  return settings.apiKey ?? (isOwn(protocol, replica) ? { env: protocol.keyEnv } : undefined)
}

/** Slashes at its end make no other address. */
export function isOwn({ address }: Pick<VendorProtocol<VendorSettings>, 'address'>, replica: string): boolean {
  return replica.startsWith(address) && /^\/*$/.test(replica.slice(address.length))
}
