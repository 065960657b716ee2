import type { Command } from 'commander'
import { exampleText } from '../client-command.ts'
import { addFlags, readFlag } from '../flags.ts'
import type { Io } from '../io.ts'
import { readersScreen } from '../words.ts'

/** As they were given; commander leaves the others out. */
type StartFlags = Readonly<Partial<Record<(typeof flags)[number], string>>>

const flags = ['listen', 'data', 'config', 'models'] as const

export function startCommand(program: Command, io: Io): void {
  const command = program.command('start').description('start a gateway with its embedded store and model runtime')
  addFlags(command, flags)
    .addHelpText(
      'after',
      `\nThe admin key is made at the first start and kept in <data>/admin.key (mode 0600); ASTRA_ADMIN_KEY sets another.\n${exampleText(
        ['astraapi start', 'astraapi start --listen 127.0.0.1:9000 --data /var/lib/astra --config prod.yaml'],
      )}`,
    )
    .action(async (options: StartFlags) => {
      const { startGateway } = await import('@astraapi/gateway')
      const { env } = io
      const out = readersScreen(io.out, env)
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
        print: (line) => out.line(line),
        // Someone at a terminal wants the address, not a log; a service wants the log.
        logLevel: env.ASTRA_LOG_LEVEL || (process.stderr.isTTY ? 'warn' : 'info'),
        signal: giveUp.signal,
        hints: { env },
        flags: options,
        ...(env.ASTRA_ADMIN_KEY ? { adminKey: env.ASTRA_ADMIN_KEY } : {}),
      })
      await stopped.promise
      await gateway.stop()
      // A handle that somebody forgot must not keep a stopped gateway's process.
      process.exit(0)
    })
}
