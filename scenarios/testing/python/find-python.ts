import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const environment = new URL('../../../.venv/bin/python', import.meta.url).pathname

/** What a test that is skipped for want of Python says. */
export const pythonMissing =
  'needs Python: python3 -m venv .venv && .venv/bin/pip install -r scenarios/testing/python/requirements.txt'

/**
 * An interpreter that has these modules: `$ASTRA_TEST_PYTHON`, else the one of `.venv` at the repository's root; undefined where
 * neither is there. Throws when the one that was named explicitly lacks a module: skipping would hide it.
 */
export function findPython(...modules: string[]): string | undefined {
  const named = process.env.ASTRA_TEST_PYTHON
  const python = named ?? environment
  if (named === undefined && !existsSync(python)) return undefined
  const { status, stderr, error } = spawnSync(python, ['-c', `import ${modules.join(', ')}`], { encoding: 'utf8' })
  if (status === 0) return python
  if (named === undefined) return undefined
  throw new Error(`ASTRA_TEST_PYTHON (${named}) cannot import ${modules.join(', ')}: ${error?.message ?? stderr}`)
}
