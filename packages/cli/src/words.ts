import type { Environment } from './flags.ts'
import type { Screen } from './screen.ts'

/** The scripts of a clone that run this program. */
const npmScripts: ReadonlySet<string | undefined> = new Set(['start', 'astraapi'])

export function isNpmScript({ npm_lifecycle_event: script }: Environment): boolean {
  return npmScripts.has(script)
}

/**
 * Messages write commands as "astraapi apply". This puts in how their reader runs them: who came through npm in a clone may have no
 * `astraapi` at all. The one place that knows it.
 */
export function inReadersWords(text: string, env: Environment): string {
  if (!isNpmScript(env)) return text
  return text
    .replace(/(?<![\w/.-])astraapi start(?= -)/g, 'npm start --')
    .replace(/(?<![\w/.-])astraapi start\b/g, 'npm start')
    .replace(/(?<![\w/.-])astraapi (?=[a-z])/g, 'npm run -s astraapi -- ')
}

/** A screen whose lines are our own messages. */
export function readersScreen(screen: Screen, env: Environment): Screen {
  const line: Screen['line'] = (text, colour) => screen.line(inReadersWords(text, env), colour)
  return { ...screen, line }
}
