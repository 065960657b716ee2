import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface TscResult {
  readonly status: number | null
  /** As printed: `file(line,column): error TS1234: text`. */
  readonly errors: readonly TscError[]
  readonly output: string
}

export interface TscError {
  readonly file: string
  readonly line: number
  readonly code: string
}

/** Runs the workspace's own TypeScript compiler. */
export function runTsc(args: readonly string[], cwd: string): TscResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler(), '--pretty', 'false', ...args], {
    cwd,
    encoding: 'utf8',
  })
  const lines = stdout.matchAll(/^(.+?)\((\d+),\d+\): error (TS\d+):/gm)
  const errors = [...lines].map(([, file = '', line, code = '']) => ({ file, line: Number(line), code }))
  return { status, errors, output: stdout + stderr }
}

function compiler(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'node_modules/typescript/bin/tsc')
    if (existsSync(path)) return path
  }
  throw new Error('typescript is not installed')
}
