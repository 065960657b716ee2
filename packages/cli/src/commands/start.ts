import type { Command } from 'commander'
import { exampleText } from '../client-command.ts'
import { addFlags, readFlag } from '../flags.ts'
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
      const gateway = await startGateway({
        listen: readFlag('listen', options, env),
        data: readFlag('data', options, env),
        config: readFlag('config', options, env),
        models: readFlag('models', options, env),
        print: (line) => io.out.line(line),
        // Someone at a terminal wants the address, not a log; a service wants the log.
        logLevel: env.ASTRA_LOG_LEVEL || (process.stderr.isTTY ? 'warn' : 'info'),
        ...(env.ASTRA_ADMIN_KEY ? { adminKey: env.ASTRA_ADMIN_KEY } : {}),
      })
      // A terminal's Ctrl-C may come twice (to the group, and from a parent that passes it on): the second changes nothing.
      const stop = () =>
        gateway.stop().then(
          () => process.exit(0),
          (error) => {
            io.notes.line(String(error), 'red')
            process.exit(1)
          },
        )
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
    })
}
