import type { Command } from 'commander'
import { exampleText } from '../client-command.ts'
import { addFlags, readFlag } from '../flags.ts'
import type { Io } from '../io.ts'

export function runtimeCommand(program: Command, { env }: Io): void {
  const command = program.command('runtime').description('start a model runtime alone, to scale apart from the gateway')
  addFlags(command, ['models', 'runtimeListen'])
    .addHelpText('after', exampleText(['astraapi runtime --models models --listen 127.0.0.1:8000']))
    .action(async (options: object) => {
      const { runRuntime } = await import('@astraapi/runtime')
      await runRuntime({ models: readFlag('models', options, env), listen: readFlag('runtimeListen', options, env) })
    })
}
