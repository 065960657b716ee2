import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { contractsOf } from '../control/manifest/contracts-of.ts'
import { setName } from '../control/manifest/gates.ts'
import { readManifest } from '../control/manifest/read-manifest.ts'
import type { CaseSetControl } from '../control/sets/case-sets.ts'
import { readJsonLines } from '../control/sets/read-jsonl.ts'
import { setBytesMax } from '../kernel/case-set.ts'
import type { AuditStart } from './audit-start.ts'
import { StartError } from './options.ts'

/**
 * Keeps the files that a manifest's gates name as sets of these names. One that is missing is left to the plan, which names its line, or
 * takes the set that is kept.
 */
export async function putGateFiles(yaml: string, file: string, sets: CaseSetControl, audit: AuditStart): Promise<void> {
  const read = readManifest(yaml)
  if ('faults' in read) return
  const gates = contractsOf(read.manifest).flatMap(({ contract }) => contract?.gates ?? [])
  const names = new Set(gates.map(({ data }) => setName(data)).filter((name) => name.endsWith('.jsonl')))
  for (const name of names) {
    const path = join(dirname(file), name)
    const text = await textOf(path)
    if (text === undefined) continue
    const cases = readJsonLines(text)
    if ('fault' in cases) {
      const { line, message } = cases.fault
      throw new StartError(
        `The cases of a gate in ${file} cannot be used:\n  ${path}${line === undefined ? '' : `:${line}`}: ${message}\nMend that and start again; nothing was changed.`,
      )
    }
    const before = (await sets.list()).find((set) => set.name === name)
    const after = await sets.put(name, cases.cases, 'start')
    if (after.digest === before?.digest) continue
    await audit({ operation: 'putCaseSet', target: `/sets/${name}`, before, after })
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > setBytesMax) {
      throw new StartError(`The cases in ${path} are larger than 8 MiB. Take fewer of them, and start again.`)
    }
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if (thrown instanceof StartError) throw thrown
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new StartError(`The cases in ${path} cannot be read (${code}). Mend that, and start again.`)
  }
}
