import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { readModel } from '../read-model.ts'

interface PurgeOptions extends ClientOptions {
  readonly major?: string
  readonly version?: string
}

export function cacheCommand(program: Command, io: Io): void {
  const cache = program.command('cache').description('forget kept answers')
  clientCommand(cache, {
    usage: 'purge <model>',
    summary: 'forget the kept answers of a model, of one of its contracts or of one version',
    examples: ['astraapi cache purge spam', 'astraapi cache purge spam@v1 --version 1.1'],
    options: [
      ['--major <major>', 'only of this contract, e.g. v1'],
      ['--version <version>', 'only of this version of that contract'],
    ],
  }).action(async (named: string, options: PurgeOptions) => {
    const { name: model, asked: major } = readModel(named, options.major)
    const { version } = options
    if (version !== undefined && major === undefined) {
      throw usageFault(`--version ${version} is of which contract? Give its major, too: ${model}@v1.`)
    }
    const query = new URLSearchParams({ model, ...(major ? { major } : {}), ...(version ? { version } : {}) })
    const data = await ask<{ readonly purged: number }>(options, io, (client) =>
      client.request('DELETE', `/api/v1/cache?${query}`),
    )
    if (data) io.out.line(`${data.purged} kept ${data.purged === 1 ? 'answer' : 'answers'} forgotten.`)
  })
}
