import { hash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Client } from './client.ts'
import { Failure } from './failures.ts'
import type { Io } from './io.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { CaseSets } from './platform.ts'
import { type Case, readCases } from './read-cases.ts'

/** The name of a gate's data that is a file, too: as seen from the manifest's folder. */
const fileName = /\.jsonl$/

/**
 * Brings the files that gates name to the gateway, as sets of these names, so that a manifest needs nothing done by hand before it. Those
 * that are there already are not sent; one that is missing is left to the gateway, which names its line.
 */
export async function putGateFiles(manifest: ManifestFile, client: Client, io: Io): Promise<void> {
  // Most manifests have none, and the parser takes a while to load.
  if (!/\bgates\b/.test(manifest.yaml)) return
  const named = [...new Set(await gateData(manifest.yaml))].filter((data) => fileName.test(data))
  if (named.length === 0) return
  const folder = manifest.file === 'stdin' ? '.' : dirname(manifest.file)
  const { data: kept } = await client.request<CaseSets>('GET', '/api/v1/sets')
  for (const data of named) {
    const name = data.replace(/^(\.\/)+/, '')
    const known = kept.sets.find((set) => set.name === name)
    const read = await readCases(join(folder, name), io.stdin).catch((thrown) => {
      if (thrown instanceof Failure && isMissing(thrown)) return undefined
      throw thrown
    })
    if (read === undefined) {
      if (known) io.notes.line(`${data} is no file beside the manifest: the set that is kept under this name is taken.`)
    } else if (known?.digest !== digestOf(read.cases)) {
      await client.request('PUT', `/api/v1/sets/${encodeURIComponent(name)}`, { body: { cases: read.cases } })
      io.notes.line(`Put ${data}: ${read.cases.length} cases.`)
    }
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
