import type { Command } from 'commander'
import { exampleText } from '../client-command.ts'
import { addFlags, type Environment, readFlag } from '../flags.ts'
import type { Io } from '../io.ts'

export function startCommand(program: Command, io: Io): void {
  const command = program.command('start').description('start a gateway with its embedded store and model runtime')
  addFlags(command, ['listen', 'data', 'config', 'models'])
    .addHelpText(
      'after',
      `\nThe admin key is made at the first start and kept in <data>/admin.key (mode 0600); ASTRA_ADMIN_KEY sets another.\n${exampleText(
        ['astraapi start', 'astraapi start --listen 127.0.0.1:9000 --data /var/lib/astra --config prod.yaml'],
      )}`,
    )
    .action(async (options: object) => {
      const { startGateway } = await import('@astraapi/gateway')
      const { env } = io
      // Handlers first: a start can take a while, and must be stoppable without losing what it began. A terminal's Ctrl-C may come
      // twice (to the group, and from a parent that passes it on): the second changes nothing.
      const stopped = Promise.withResolvers<void>()
      const giveUp = new AbortController()
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
        process.on(signal, () => {
          giveUp.abort()
          stopped.resolve()
        })
      }
      const gateway = await startGateway({
        listen: readFlag('listen', options, env),
        data: readFlag('data', options, env),
        config: readFlag('config', options, env),
        models: readFlag('models', options, env),
        print: (line) => io.out.line(line),
        // Someone at a terminal wants the address, not a log; a service wants the log.
        logLevel: env.ASTRA_LOG_LEVEL || (process.stderr.isTTY ? 'warn' : 'info'),
        signal: giveUp.signal,
        hints: { env, program: programOf(env), flags: flagsOf(options) },
        ...(env.ASTRA_ADMIN_KEY ? { adminKey: env.ASTRA_ADMIN_KEY } : {}),
      })
      await stopped.promise
      await gateway.stop()
      // A handle that somebody forgot must not keep a stopped gateway's process.
      process.exit(0)
    })
}

/** How the one who started this runs its other commands. */
function programOf(env: Environment): string {
  return env.npm_lifecycle_event === 'start' ? 'npm run -s astraapi --' : 'astraapi'
}

/** Those that lead other commands to the gateway that is started; the environment does so by itself. */
function flagsOf(options: object): readonly string[] {
  const given = options as Environment
  return (['listen', 'data', 'config'] as const).flatMap((name) => {
    const value = given[name]
    return value === undefined ? [] : [`--${name}`, value]
  })
}
