import { readFile } from 'node:fs/promises'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:https'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { StartError, type TlsFiles } from './options.ts'

/** A certificate and its key, read from files. */
export interface Tls {
  /** An HTTP/1.1 server that speaks TLS 1.2 and later with them. */
  createServer(handler: RequestListener): Server
  /** Reads the files again: connections that are open stay, new ones meet the new certificate. Rejects, and keeps what it had. */
  reload(): Promise<void>
}

const handshakeMs = 10_000

/** The flags that named the files, for advice. */
interface TlsFlags {
  readonly cert: string
  readonly key: string
}

const callFlags: TlsFlags = { cert: '--tls-cert', key: '--tls-key' }
export const adminTlsFlags: TlsFlags = { cert: '--admin-tls-cert', key: '--admin-tls-key' }

/** Rejects with a StartError that names the file and what is wrong with it. */
export async function openTls(files: TlsFiles, flags: TlsFlags = callFlags): Promise<Tls> {
  let context = await readContext(files, flags)
  let reading: Promise<unknown> = Promise.resolve()
  const servers: ReturnType<typeof createServer>[] = []
  return {
    createServer(handler) {
      const server = createServer({ ...context, handshakeTimeout: handshakeMs }, handler)
      servers.push(server)
      return server
    },
    // One after the other: of two at once, the one that read the older files could come last.
    reload() {
      const run = reading.then(async () => {
        context = await readContext(files, flags)
        for (const server of servers) server.setSecureContext(context)
      })
      reading = run.catch(() => undefined)
      return run
    },
  }
}

async function readContext({ cert, key }: TlsFiles, flags: TlsFlags): Promise<SecureContextOptions> {
  const context: SecureContextOptions = {
    cert: await readPem(cert, 'certificate', flags.cert),
    key: await readPem(key, 'key', flags.key),
    minVersion: 'TLSv1.2',
  }
  try {
    createSecureContext(context)
  } catch (thrown) {
    throw new StartError(`${wrongWith(thrown, { cert, key })}`, { cause: thrown })
  }
  return context
}

async function readPem(path: string, what: string, flag: string): Promise<Buffer> {
  if (path === '')
    throw new StartError(`TLS needs a certificate and its key: the ${what} is missing. Name it: ${flag} FILE.`)
  try {
    return await readFile(path)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    throw new StartError(
      `The TLS ${what} ${path} cannot be read (${code}). Mend that, or name another file: ${flag} FILE.`,
    )
  }
}

/** Codes of OpenSSL, and what to do about each. */
const faults: readonly (readonly [RegExp, (files: TlsFiles) => string])[] = [
  [
    /KEY_VALUES_MISMATCH|KEY_TYPE_MISMATCH/,
    ({ cert, key }) => `The TLS key ${key} is not that of the certificate ${cert}. Name the two that belong together.`,
  ],
  [
    /BAD_DECRYPT|BAD_PASSWORD|INTERRUPTED_OR_CANCELLED|PASSPHRASE|PASSWORD/i,
    ({ key }) =>
      `The TLS key ${key} is encrypted. Write it without a passphrase: openssl pkey -in ${key} -out plain.pem`,
  ],
  [
    /KEY_TOO_SMALL|MD_TOO_WEAK/,
    ({ cert }) => `The TLS certificate ${cert} is too weak. Take RSA of 2048 bits or P-256, signed with SHA-256.`,
  ],
]

/** OpenSSL's own text names no file, and never holds what is in them. */
function wrongWith(thrown: unknown, files: TlsFiles): string {
  const { code = '', message = '' } = thrown as NodeJS.ErrnoException
  const known = faults.find(([pattern]) => pattern.test(`${code} ${message}`))
  if (known) return known[1](files)
  return `The TLS certificate ${files.cert} and the key ${files.key} cannot be used (${code || 'no PEM'}). Both must be PEM: the certificate with its chain, and the private key.`
}
