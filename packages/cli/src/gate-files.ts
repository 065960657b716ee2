import { hash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Client } from './client.ts'
import { Failure } from './failures.ts'
import type { Io } from './io.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { CaseSet, CaseSets } from './platform.ts'
import { type Case, readCases } from './read-cases.ts'

/** The name of a gate's data that is a file, too: as seen from the manifest's folder. */
const fileName = /\.jsonl$/

/** A file that the gateway has not as it is. */
export interface GateFile {
  /** As the gate has it. */
  readonly data: string
  readonly cases: readonly Case[]
  /** What the gateway plans with; the name is that of the set. */
  readonly set: Pick<CaseSet, 'name' | 'digest' | 'cases' | 'expected'>
  /** How many cases it has under this name. */
  readonly kept?: number
}

/**
 * The files that gates name, but for those that the gateway has already; one that is missing is left to the gateway, which names its line.
 * Nothing is sent: a plan changes nothing.
 */
export async function readGateFiles(manifest: ManifestFile, client: Client, io: Io): Promise<readonly GateFile[]> {
  // Most manifests have none, and the parser takes a while to load.
  if (!/\bgates\b/.test(manifest.yaml)) return []
  // "./heldout.jsonl" and "heldout.jsonl" are one.
  const all = (await gateData(manifest.yaml)).map((data) => [data.replace(/^(\.\/)+/, ''), data] as const)
  const named = [...new Map(all)].filter(([name]) => fileName.test(name))
  if (named.length === 0) return []
  const folder = manifest.file === 'stdin' ? '.' : dirname(manifest.file)
  const { data: kept } = await client.request<CaseSets>('GET', '/api/v1/sets')
  const files: GateFile[] = []
  for (const [name, data] of named) {
    const known = kept.sets.find((set) => set.name === name)
    const read = await readCases(join(folder, name), io.stdin).catch((thrown) => {
      if (thrown instanceof Failure && isMissing(thrown)) return undefined
      throw thrown
    })
    if (read === undefined) {
      if (known) io.notes.line(`${data} is no file beside the manifest: the set that is kept under this name is taken.`)
      continue
    }
    const { cases } = read
    const expected = cases.filter((one) => one.expected !== undefined).length
    const set = { name, digest: digestOf(cases), cases: cases.length, expected }
    if (known?.digest !== set.digest) files.push({ data, cases, set, ...(known ? { kept: known.cases } : {}) })
  }
  return files
}

/** What to plan: the manifest, as though the files had been put. */
export function withFiles(manifest: ManifestFile, files: readonly GateFile[]): object {
  return files.length === 0 ? manifest : { ...manifest, sets: files.map(({ set }) => set) }
}

/** "./heldout.jsonl: 401 cases, in place of 400 others" */
export function fileText({ data, cases, kept }: GateFile): string {
  const count = cases.length === 1 ? '1 case' : `${cases.length} cases`
  return `${data}: ${count}${kept === undefined ? '' : `, in place of ${kept} others that are kept`}`
}

/** Brings them to the gateway, as sets of these names, so that a manifest needs nothing done by hand before it. */
export async function putGateFiles(files: readonly GateFile[], client: Client, io: Io): Promise<void> {
  for (const file of files) {
    const path = `/api/v1/sets/${encodeURIComponent(file.set.name)}`
    await client.request('PUT', path, { body: { cases: file.cases } })
    io.notes.line(`Put ${fileText(file)}.`)
  }
}

/** As the gateway makes it: what it has already is not sent. */
function digestOf(cases: readonly Case[]): string {
  const lines = cases.map(({ id, input, expected }) => JSON.stringify({ id, input, expected }))
  return `sha256:${hash('sha256', lines.join('\n'))}`
}

function isMissing({ message }: Failure): boolean {
  return message.includes('(ENOENT)')
}

/** Of a manifest that cannot be read none: the gateway says what is wrong with it. */
async function gateData(yaml: string): Promise<readonly string[]> {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(yaml, { logLevel: 'silent', prettyErrors: false })
  if (document.errors.length > 0) return []
  return under(document.toJS(), 'models').flatMap((model) =>
    under(model, 'contracts').flatMap((contract) =>
      under(contract, 'gates').flatMap((gate) => {
        const data = isObject(gate) ? gate.data : undefined
        return typeof data === 'string' ? [data] : []
      }),
    ),
  )
}

function under(value: unknown, field: string): readonly unknown[] {
  const found = isObject(value) ? value[field] : undefined
  return isObject(found) ? Object.values(found) : []
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
