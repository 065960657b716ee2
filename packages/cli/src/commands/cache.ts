import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import { usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { readModel } from '../read-model.ts'

interface PurgeOptions extends ClientOptions {
  readonly major?: string
  readonly version?: string
}

export function cacheCommand(program: Command, io: Io): void {
  const cache = program.command('cache').description('forget kept answers, and see what semantic look-ups find')
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
  clientCommand(cache, {
    usage: 'report [model]',
    summary: 'what semantic look-ups found: at which similarity, and whether the answers were equal',
    examples: ['astraapi cache report', 'astraapi cache report support-chat'],
    options: [],
  }).action(async (model: string | undefined, options: ClientOptions) => {
    const query = { model }
    const data = await ask<Report>(options, io, (client) => client.request('GET', '/api/v1/cache/report', { query }))
    if (!data) return
    for (const contract of data.contracts) for (const line of linesOf(contract)) io.out.line(line)
    if (data.contracts.length === 0) io.notes.line('No contract has semantic look-ups (cache.semantic).')
  })
}

interface Report {
  readonly contracts: readonly {
    readonly model: string
    readonly major: string
    readonly mode: 'measure' | 'serve'
    readonly embeddings: string
    readonly similarityMin: number
    readonly lookups: number
    readonly failures: number
    readonly served: number
    readonly wouldServe: number
    readonly similarities: readonly {
      readonly from: number
      readonly calls: number
      readonly compared: number
      readonly equal: number
    }[]
  }[]
}

function linesOf(contract: Report['contracts'][number]): readonly string[] {
  const { model, major, mode, embeddings, similarityMin, lookups, failures, served, wouldServe } = contract
  const rows = contract.similarities.flatMap(({ from, calls, compared, equal }) =>
    calls === 0
      ? []
      : [
          {
            similarity: `from ${from}`,
            calls,
            compared,
            'equal answers': compared === 0 ? '-' : `${equal} (${Math.round((100 * equal) / compared)} %)`,
          },
        ],
  )
  return [
    `${model}@${major}: ${mode} by ${embeddings} from ${similarityMin} on`,
    `  ${lookups} looked up, ${failures} without a vector in time, ${served} served, ${wouldServe} would have been served`,
    ...columns(rows).map((line) => `  ${line}`),
  ]
}
