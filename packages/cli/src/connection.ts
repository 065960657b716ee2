import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, createClient } from './client.ts'
import { usageFault } from './failures.ts'
import { type Environment, flagTable, readFlag } from './flags.ts'

export interface ConnectionOptions {
  readonly keyFile?: string
}

/** What may have an address of its own: management, or what callers ask for. */
export type Wanted = 'management' | 'calls'

/** The gateway and the key that the command line, the environment or a running `start` name; see the README. */
export async function connect(
  options: ConnectionOptions,
  env: Environment,
  wants: Wanted = 'management',
): Promise<Client> {
  const url = gatewayUrl(options, env, wants)
  const key = await keyFor(url, options, env)
  // fetch's own message for a bad header holds the header.
  if (!/^[!-~]+$/.test(key)) throw usageFault('What was given as the key is none: it holds blanks or odd characters.')
  return createClient(url.href, key)
}

function gatewayUrl(options: ConnectionOptions, env: Environment, wants: Wanted): URL {
  // An address on the command line is meant as it stands, whatever the environment says.
  const named = 'url' in options || 'listen' in options
  const apart = wants === 'management' && !named && readFlag('adminListen', options, env) !== undefined
  const text = apart
    ? listener('adminListen', options, env)
    : (readFlag('url', options, env) ?? listener('listen', options, env))
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol)) return url
  throw usageFault(`"${text}" is no address. Give --url like http://127.0.0.1:8787, or --listen like 127.0.0.1:8787.`)
}

/** As `start` reads it: without a colon, "8787" would be an address, 0.0.34.83. A wildcard can be listened on, not called. */
function listener(name: 'listen' | 'adminListen', options: ConnectionOptions, env: Environment): string {
  const listen = readFlag(name, options, env) ?? ''
  if (/^(\[[0-9a-f:]+\]|[^:\s]+):\d{1,5}$/i.test(listen)) {
    return `http://${listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')}`
  }
  const given = name in options ? `--${name}` : flagTable[name].env
  throw usageFault(`${given} "${listen}" is no address. Give host:port, for example 127.0.0.1:8787 or [::1]:8787.`)
}

async function keyFor(url: URL, options: ConnectionOptions, env: Environment): Promise<string> {
  if (options.keyFile !== undefined) return await readKey(options.keyFile)
  if (env.ASTRA_KEY) return env.ASTRA_KEY.trim()
  // The admin key of this machine's gateway is nobody else's business.
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw usageFault(`Which key for ${url.host}? Set ASTRA_KEY, or give --key-file FILE.`)
  }
  return await readKey(join(readFlag('data', options, env), 'admin.key'))
}

async function readKey(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error
    throw usageFault(
      `No key: ${file} cannot be read (${reason}). Set ASTRA_KEY, give --key-file FILE, or give --data the folder of "astraapi start".`,
    )
  }
}
