import type { Command } from 'commander'
import type { Environment } from './flags.ts'
import { isNpmScript } from './words.ts'

/** npm's own, which may stand in somebody's .npmrc for npm's sake. */
const npmsOwn: ReadonlySet<string> = new Set(['before', 'json', 'yes', 'version', 'help'])

/**
 * npm keeps the flags that stand before a "--" for itself, and leaves a trace of each in the environment; only what is no flag reaches
 * the program. What to say of those that this command line would have had; undefined where there are none.
 */
export function flagsThatNpmTook(program: Command, argv: readonly string[], env: Environment): string | undefined {
  const script = env.npm_lifecycle_event
  if (!isNpmScript(env)) return undefined
  const came = new Set(argv.map((word) => word.split('=')[0]))
  const flags = commandOf(program, argv)
    .options.map(({ long }) => long?.slice(2) ?? '')
    .filter((name) => !npmsOwn.has(name) && env[`npm_config_${name.replaceAll('-', '_')}`])
    .map((name) => `--${name}`)
    .filter((flag) => !came.has(flag))
  if (flags.length === 0) return undefined
  const begin = script === 'start' ? 'npm start' : `npm run -s astraapi -- ${argv[0]}`
  const line = script === 'start' ? `${begin} -- ${flags[0]} …` : `${begin} … ${flags[0]} …`
  return `npm took ${flags.join(', ')} for itself. Put -- before the flags: ${line}`
}

/** The innermost command that is named. */
function commandOf(program: Command, [word, ...rest]: readonly string[]): Command {
  const found = program.commands.find((command) => command.name() === word)
  return found ? commandOf(found, rest) : program
}
