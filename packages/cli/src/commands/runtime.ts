import type { Command } from 'commander'
import { exampleText } from '../client-command.ts'
import { addFlags, type FlagName, readFlag } from '../flags.ts'
import type { Io } from '../io.ts'

/** Its flags, and what the runtime calls them. */
const flags = {
  models: '--models',
  runtimeListen: '--listen',
  threads: '--threads',
  bodyBytesMax: '--body-bytes-max',
  drainMs: '--drain-ms',
} as const satisfies Partial<Record<FlagName, string>>
const names = Object.keys(flags) as (keyof typeof flags)[]

export function runtimeCommand(program: Command, { env }: Io): void {
  const command = program.command('runtime').description('start a model runtime alone, to scale apart from the gateway')
  addFlags(command, names)
    .addHelpText('after', exampleText(['astraapi runtime --models models --listen 127.0.0.1:8000']))
    .action(async (options: object) => {
      const { readRunOptions, runRuntime } = await import('@astraapi/runtime')
      const args = names.flatMap((name) => {
        const value = readFlag(name, options, env)
        return value === undefined ? [] : [flags[name], value]
      })
      await runRuntime(readRunOptions(args, {}))
    })
}
