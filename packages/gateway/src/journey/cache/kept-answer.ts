import type { Item, Usage, WholeAnswer } from '../../kernel/answer.ts'
import { AstraError, type ErrorCode, type ErrorFacts, publicError } from '../../kernel/errors.ts'

/** An answer as it is kept: without the id of the call that it was given to, and without anything of who asked. */
export interface KeptAnswer {
  /** The one that gave it. */
  readonly version: string
  readonly usage: Usage
  readonly body: KeptBody
}

export type KeptBody =
  /** `outputJson`: of a single output, as `WholeAnswer` has it. */
  | { readonly form: 'items'; readonly items: readonly Item[]; readonly outputJson?: Buffer }
  | { readonly form: 'relayed'; readonly bytes: Buffer }
  | { readonly form: 'chunks'; readonly chunks: readonly unknown[] }
  /** Its events one after another. */
  | { readonly form: 'relayed-stream'; readonly bytes: Buffer }

export function keptWhole({ version, usage, items, relayed }: WholeAnswer): KeptAnswer {
  return { version, usage, body: relayed ? { form: 'relayed', bytes: relayed } : { form: 'items', items } }
}

/** One line that says what follows, then the answer itself; `before` comes first. Undefined for what JSON cannot say: it is not kept. */
export function encodeKept(answer: KeptAnswer, before = ''): Buffer | undefined {
  try {
    return encoded(answer, before)
  } catch {
    return undefined
  }
}

function encoded({ version, usage, body }: KeptAnswer, before: string): Buffer {
  const output = body.form === 'items' ? onlyOutput(body) : undefined
  const head = `${before}${JSON.stringify([output === undefined ? body.form : 'output', version, usage])}\n`
  if (output !== undefined) return withHead(head, output)
  switch (body.form) {
    case 'items':
      return withHead(head, JSON.stringify(body.items.map(itemJson)))
    case 'chunks':
      return withHead(head, JSON.stringify(body.chunks))
    default:
      return withHead(head, body.bytes)
  }
}

/** Those that hold no more than the bytes that they were read from. A store in memory gives the same bytes each time: 5 us a hit. */
const decoded = new WeakMap<Buffer, KeptAnswer>()
const holdsBytesOnly: ReadonlySet<StoredForm> = new Set(['output', 'relayed', 'relayed-stream'])

/** Undefined for what is none: another release may have written it. */
export function decodeKept(bytes: Buffer): KeptAnswer | undefined {
  const before = decoded.get(bytes)
  if (before) return before
  const end = bytes.indexOf(lineEnd)
  if (end < 0) return undefined
  try {
    const [form, version, usage] = JSON.parse(bytes.toString('latin1', 0, end)) as [StoredForm, string, Usage]
    if (!Object.hasOwn(bodies, form)) return undefined
    const answer = { version, usage, body: bodies[form](bytes.subarray(end + 1)) }
    if (holdsBytesOnly.has(form)) decoded.set(bytes, answer)
    return answer
  } catch {
    return undefined
  }
}

/** Errors as they were told, which is all of them that is kept. */
export function errorJson(error: AstraError) {
  const { code, detail, next, violations } = publicError(error)
  return { code, detail, next, ...(violations ? { violations } : {}) }
}

export function errorOf({ code, ...facts }: { readonly code: ErrorCode } & ErrorFacts): AstraError {
  return new AstraError(code, facts)
}

const lineEnd = 0x0a

/** What is one output and nothing else is kept as that: a door may send it on without reading it. */
type StoredForm = KeptBody['form'] | 'output'

const bodies: Readonly<Record<StoredForm, (bytes: Buffer) => KeptBody>> = {
  output: (outputJson) => new KeptOutput(outputJson),
  items: (bytes) => ({ form: 'items', items: JSON.parse(bytes.toString()).map(itemOf) }),
  chunks: (bytes) => ({ form: 'chunks', chunks: JSON.parse(bytes.toString()) }),
  relayed: (bytes) => ({ form: 'relayed', bytes }),
  'relayed-stream': (bytes) => ({ form: 'relayed-stream', bytes }),
}

/**
 * Read when asked for, and each time anew: who answers by it may do with its items as they like. A class: of an object literal with a
 * getter V8 makes a hidden class each time.
 */
class KeptOutput {
  readonly form = 'items'
  readonly outputJson: Buffer

  constructor(outputJson: Buffer) {
    this.outputJson = outputJson
  }

  get items(): readonly Item[] {
    return [{ output: JSON.parse(this.outputJson.toString()) }]
  }
}

function onlyOutput({ items, outputJson }: KeptBody & { readonly form: 'items' }): string | Buffer | undefined {
  if (outputJson) return outputJson
  const [only] = items
  return items.length === 1 && only && 'output' in only ? JSON.stringify(only.output) : undefined
}

function itemJson(item: Item): unknown {
  return 'error' in item ? { error: errorJson(item.error) } : item
}

function itemOf(json: { readonly output: unknown } | { readonly error: Parameters<typeof errorOf>[0] }): Item {
  return 'error' in json ? { error: errorOf(json.error) } : json
}

/** One after the other, text in UTF-8. */
export function withHead(head: string, body: string | Buffer): Buffer {
  const headLength = Buffer.byteLength(head)
  const bytes = Buffer.allocUnsafe(headLength + Buffer.byteLength(body))
  bytes.write(head)
  if (typeof body === 'string') bytes.write(body, headLength)
  else body.copy(bytes, headLength)
  return bytes
}
