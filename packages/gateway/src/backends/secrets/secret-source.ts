import { readFile, stat } from 'node:fs/promises'
import { AstraError } from '../../kernel/errors.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { Secret } from '../../kernel/secret.ts'

/** Where a secret stands: manifests hold this, never the secret itself. */
export type SecretReference = { readonly env: string } | { readonly file: string }

/** Of a field in a backend's settings. The example is what the reader of a plan is told who wrote the secret itself there. */
export function secretSchema(description: string, env: string): Schema {
  return {
    type: 'object',
    description: `${description} By reference, {env: NAME} or {file: /path}; never the secret itself.`,
    examples: [{ env }],
    properties: {
      env: {
        type: 'string',
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        description: "Name of the gateway's environment variable.",
      },
      file: { type: 'string', pattern: '^/', description: 'Absolute path of a file; read again when it has changed.' },
    },
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
  }
}

export interface SecretSource {
  /**
   * At once where it is known, and the same object while it has not changed. Throws, or rejects with, `upstream_unavailable`, as nothing
   * can be asked without it; the reason names the place, never what stands there.
   */
  read(reference: SecretReference): Secret | Promise<Secret>
  /** The same for a plan: throws `invalid_manifest` at the field. */
  check(field: string, reference: SecretReference): Promise<void>
}

export interface SecretSourceOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Milliseconds on a clock that never runs backwards. */
  readonly elapsed?: () => number
}

/** Keys rotate: a file is looked at again after this long. */
const freshMs = 5000

interface Kept {
  /** When the file was last looked at. */
  readonly at: number
  readonly mark: string
  readonly secret: Secret
}

/** Secrets by reference; one source serves a whole backend. */
export function createSecretSource({
  env = process.env,
  elapsed = () => performance.now(),
}: SecretSourceOptions = {}): SecretSource {
  // A look into the process' own takes over 1 us, and every call looks.
  const copyOf = () => (env === process.env ? { ...env } : env)
  let seen = copyOf()
  const files = new Map<string, Kept>()
  const variables = new Map<string, { readonly text: string; readonly secret: Secret }>()
  const looking = new Map<string, Promise<Secret>>()

  async function look(path: string): Promise<Secret> {
    const at = elapsed()
    const { mtimeMs, ino, size } = await stat(path).catch(unreadable)
    const known = files.get(path)
    const mark = `${mtimeMs} ${ino} ${size}`
    const secret =
      known?.mark === mark ? known.secret : toSecret(await readFile(path, 'utf8').catch(unreadable), `file ${path}`)
    files.set(path, { at, mark, secret })
    return secret
  }

  function unreadable(thrown: NodeJS.ErrnoException): never {
    throw missing(`The file ${thrown.path} cannot be read (${thrown.code})`)
  }

  function fromFile(path: string): Secret | Promise<Secret> {
    const known = files.get(path)
    if (known && elapsed() - known.at < freshMs) return known.secret
    const begun = looking.get(path) ?? look(path).finally(() => looking.delete(path))
    looking.set(path, begun)
    return begun
  }

  function fromEnv(name: string): Secret {
    const text = seen[name]
    if (text === undefined || text === '')
      throw missing(`The environment variable ${name} is not set in the gateway's environment`)
    const known = variables.get(name)
    if (known?.text === text) return known.secret
    const secret = toSecret(text, `environment variable ${name}`)
    variables.set(name, { text, secret })
    return secret
  }

  function read(reference: SecretReference): Secret | Promise<Secret> {
    return 'env' in reference ? fromEnv(reference.env) : fromFile(reference.file)
  }

  return {
    read,
    async check(field, reference) {
      seen = copyOf()
      try {
        await read(reference)
      } catch (thrown) {
        if (!(thrown instanceof AstraError)) throw thrown
        const message = thrown.facts.reason ?? ''
        throw new AstraError('invalid_manifest', {
          detail: message,
          violations: [{ path: field, message, ...('env' in reference ? { suggestion: adviceFor(field) } : {}) }],
          reason: message,
        })
      }
    },
  }
}

/** The reader has often just set it, in a shell that the gateway was not started from. */
function adviceFor(field: string): string {
  // Of headers the one that lacks it is not known here.
  const place = field === 'headers' ? '' : `${field}: `
  return `Start the gateway with it, or name a file: ${place}{ file: … }.`
}

/** A key goes into a header: one line of visible ASCII. A newline at the end is the editor's. */
function toSecret(text: string, place: string): Secret {
  const trimmed = text.trim()
  if (trimmed === '') throw missing(`The ${place} is empty`)
  if (!/^[\x20-\x7e]+$/.test(trimmed))
    throw missing(`The ${place} does not hold one line of plain characters, as a key is`)
  return new Secret(trimmed)
}

function missing(reason: string): AstraError {
  return new AstraError('upstream_unavailable', { reason })
}
