import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import type { Environment } from './flags.ts'
import { createScreen, type Screen } from './screen.ts'

/** A command's surroundings, given to it so that tests hold them in their hand. */
export interface Io {
  readonly out: Screen
  /** stderr. */
  readonly notes: Screen
  readonly env: Environment
  readonly stdin: () => Promise<string>
  /** Left out where nobody sits there. */
  readonly confirm?: (question: string) => Promise<boolean>
}

export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process
  // A reader that has seen enough (`| head`) is no fault.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  const plain = Boolean(env.NO_COLOR)
  return {
    out: createScreen(stdout, stdout.isTTY && !plain),
    notes: createScreen(stderr, stderr.isTTY && !plain),
    env,
    stdin: () => text(stdin),
    ...(stdin.isTTY && stderr.isTTY ? { confirm } : {}),
  }
}

async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
