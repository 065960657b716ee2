import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { shortTime } from '../platform.ts'
import {
  type ExperimentJson,
  type ExperimentReport,
  type ExperimentRow,
  experimentPath,
} from '../report/experiment-json.ts'
import { experimentPage, statusText } from '../report/experiment-page.ts'
import { writeOutput } from '../write-output.ts'
import { changeCommands } from './experiments-change.ts'
import { declareCommands } from './experiments-declare.ts'
import { experimentLines } from './experiments-show.ts'

export function experimentsCommand(program: Command, io: Io): void {
  const experiments = program
    .command('experiments')
    .description('watch A/B tests between versions, declare, start, pause and end them, and write a report')
  const examples = [
    'astraapi experiments list',
    'astraapi experiments show spam-1-1',
    'astraapi experiments start spam-1-1',
  ]
  experiments.addHelpText('after', exampleText(examples))
  listCommand(experiments, io)
  showCommand(experiments, io)
  declareCommands(experiments, io)
  changeCommands(experiments, io)
  reportCommand(experiments, io)
}

function listCommand(experiments: Command, io: Io): void {
  clientCommand(experiments, {
    usage: 'list',
    summary: 'list every A/B test with its state',
    examples: ['astraapi experiments list'],
  }).action(async (options: ClientOptions) => {
    const data = await ask<{ readonly experiments: readonly ExperimentRow[] }>(options, io, (client) =>
      client.request('GET', '/api/v1/experiments'),
    )
    if (!data) return
    for (const line of columns(data.experiments.map(rowOf))) io.out.line(line)
    if (data.experiments.length === 0)
      io.notes.line(
        'No experiments. Declare one under "experiments" in astra.yaml, or: astraapi experiments create --help',
      )
  })
}

function rowOf({ name, model, major, control, candidates, status, since, winner }: ExperimentRow) {
  return {
    experiment: name,
    contract: `${model}@${major}`,
    control,
    candidates: candidates.join(','),
    state: winner === undefined ? statusText(status) : `${statusText(status)} (${winner})`,
    since: shortTime(since),
  }
}

function showCommand(experiments: Command, io: Io): void {
  clientCommand(experiments, {
    usage: 'show <name>',
    summary: 'show the verdict of an A/B test, what it rests on, and what happens next',
    examples: ['astraapi experiments show spam-1-1'],
  }).action(async (name: string, options: ClientOptions) => {
    const data = await ask<ExperimentJson>(options, io, (client) => client.request('GET', experimentPath(name)))
    if (!data) return
    for (const line of experimentLines(data, Date.now())) io.out.line(line)
    if (data.fault !== undefined) io.notes.line(`The last look failed: ${data.fault}`, 'yellow')
  })
}

function reportCommand(experiments: Command, io: Io): void {
  clientCommand(experiments, {
    usage: 'report <name>',
    summary: 'write a report as one HTML file: the verdict, each interval over time, how it was decided',
    examples: [
      'astraapi experiments report spam-1-1 --out spam.html',
      'astraapi experiments report spam-1-1 > spam.html',
    ],
    options: [['--out <file>', 'write it there, instead of to stdout']],
  }).action(async (name: string, options: ClientOptions & { readonly out?: string }) => {
    const data = await ask<ExperimentReport>(options, io, (client) =>
      client.request('GET', `${experimentPath(name)}/report`),
    )
    if (!data) return
    const page = experimentPage(data, Date.now())
    if (options.out === undefined) return io.out.raw(page)
    await writeOutput(options.out, page)
    io.notes.line(`Wrote ${options.out}.`)
  })
}
