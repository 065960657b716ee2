import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { CatalogControl } from '../control/operations/ports.ts'
import type { CaseSetControl } from '../control/sets/case-sets.ts'
import { AstraError } from '../kernel/errors.ts'
import type { Store } from '../kernel/store.ts'
import type { AuditStart } from './audit-start.ts'
import { StartError } from './options.ts'
import { putGateFiles } from './put-gate-files.ts'

/** The name under which a manifest may be missing: then this gateway serves what it served last, or waits for `apply`. */
const usualName = 'astra.yaml'

export interface GatesAtStart {
  readonly sets: CaseSetControl
  /** A version did not pass its gate, in words: the gateway serves what it served before. */
  readonly refused: (text: string) => void
  /** Aborted: the start is given up. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The manifest file is applied at start when it is neither what the last start applied nor what was applied since, so that a
 * change made through the API is not undone by a restart. Resolves with the new revision, if there is one. Whoever starts a gateway with a
 * manifest saw no plan of it: its notes go to `note`.
 */
export async function applyAtStart(
  control: CatalogControl,
  { state }: Store,
  file: string,
  note: (text: string) => void,
  audit: AuditStart,
  gates?: GatesAtStart,
): Promise<number | undefined> {
  const yaml = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && basename(file) === usualName) return undefined
    const why = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`
    throw new StartError(`The manifest ${file} ${why}. Mend that, or name another with --config FILE.`)
  })
  if (yaml === undefined) return undefined
  const digest = hash('sha256', yaml)
  const known = [await state.setting('manifest-at-start'), await state.setting('manifest-applied')]
  if (known.includes(digest)) return undefined
  const before = control.current().revision
  if (gates) await putGateFiles(yaml, file, gates.sets, audit)
  try {
    const { revision, notes, changes } = await control.apply(yaml, file, ['*'], 'start', gates?.signal)
    for (const text of notes) note(text)
    await state.saveSetting('manifest-at-start', digest)
    if (revision === before) return undefined
    const target = '/manifest'
    await audit({ operation: 'applyManifest', target, before: { revision: before }, after: { revision, changes } })
    return revision
  } catch (thrown) {
    // Whatever it then failed with: its upstreams went away with it.
    if (gates?.signal?.aborted) throw new StartError('The start was given up before the gateway was ready.')
    const fault = manifestFault(thrown, file)
    const refused = thrown instanceof AstraError && thrown.code === 'gate_failed'
    // That a new version is not good enough is no reason to take those away that callers have.
    if (!refused || !gates || before === 0 || !(fault instanceof StartError)) throw fault
    gates.refused(fault.message)
    return undefined
  }
}

function manifestFault(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof AstraError)) return thrown
  const lines = (thrown.facts.violations ?? []).map(({ path, line, message, suggestion }) => {
    const place = line === undefined ? file : `${file}:${line}`
    return `  ${place}: ${path}: ${message}${suggestion ? `. ${suggestion}` : ''}`
  })
  const all = lines.length > 0 ? lines.join('\n') : `  ${thrown.message}`
  return new StartError(
    `The manifest was not applied (${thrown.code}):\n${all}\nMend it and start again; nothing was changed.`,
  )
}
