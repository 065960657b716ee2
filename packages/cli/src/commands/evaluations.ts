import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { shortTime } from '../platform.ts'
import { type EvaluationJson, evaluationPath, evaluationsPath, progressText } from '../report/evaluation-json.ts'
import { printEvaluation, type RunOptions, writeReport } from './evaluation-run.ts'

export function evaluationsCommand(program: Command, io: Io): void {
  const evaluations = program
    .command('evaluations')
    .description('look at evaluations and replays, cancel and delete them')
  evaluations.addHelpText('after', exampleText(['astraapi evaluations list', 'astraapi evaluations show 019aab00-…']))
  listCommand(evaluations, io)
  showCommand(evaluations, io)
  cancelCommand(evaluations, io)
  deleteCommand(evaluations, io)
}

function listCommand(evaluations: Command, io: Io): void {
  clientCommand(evaluations, {
    usage: 'list',
    summary: 'list evaluations and replays, the newest first',
    examples: ['astraapi evaluations list --model spam'],
    options: [['--model <name>', 'only those of this model']],
  }).action(async ({ model, ...options }: ClientOptions & { readonly model?: string }) => {
    const data = await ask<{ readonly evaluations: readonly EvaluationJson[] }>(options, io, (client) =>
      client.request('GET', evaluationsPath, { query: { model } }),
    )
    if (!data) return
    for (const line of columns(data.evaluations.map(rowOf))) io.out.line(line)
    if (data.evaluations.length === 0) io.notes.line('No evaluations yet. Make one with "astraapi eval".')
  })
}

function rowOf({ id, time, model, major, version, against, kind, status, passed, progress, source }: EvaluationJson) {
  return {
    evaluation: id,
    time: shortTime(time),
    contract: `${model}@${major}`,
    version,
    against,
    kind,
    status: status === 'running' && progress ? `running: ${progressText(progress)}` : status,
    passed: passed === undefined ? undefined : passed ? 'yes' : 'no',
    source,
  }
}

function showCommand(evaluations: Command, io: Io): void {
  clientCommand(evaluations, {
    usage: 'show <id>',
    summary: 'show what an evaluation came to, or write it as a page',
    examples: ['astraapi evaluations show 019aab00-… --out report.html'],
    options: [['--out <file>', 'write the report there: as HTML, or as JSON where the name ends with .json']],
  }).action(async (id: string, options: RunOptions) => {
    let text = ''
    const data = await ask<EvaluationJson>(options, io, async (client) => {
      const reply = await client.request<EvaluationJson>('GET', evaluationPath(id))
      text = reply.text
      return reply
    })
    if (!data) return
    if (data.report) {
      await writeReport(data, text, options, io)
      return printEvaluation(data, io)
    }
    const { status, progress, fault } = data
    io.out.line(`${status}${progress ? `: ${progressText(progress)}` : ''}${fault ? `: ${fault.detail}` : ''}`)
  })
}

function cancelCommand(evaluations: Command, io: Io): void {
  clientCommand(evaluations, {
    usage: 'cancel <id>',
    summary: 'end an evaluation with what it has',
    examples: ['astraapi evaluations cancel 019aab00-…'],
  }).action(async (id: string, options: ClientOptions) => {
    const data = await ask<EvaluationJson>(options, io, (client) =>
      client.request('POST', `${evaluationPath(id)}/cancel`, { body: {} }),
    )
    if (data) io.notes.line(data.status === 'running' ? 'It ends with what it has.' : `It is ${data.status}.`)
  })
}

function deleteCommand(evaluations: Command, io: Io): void {
  clientCommand(evaluations, {
    usage: 'delete <id>',
    summary: 'delete an evaluation that has ended, with its report',
    examples: ['astraapi evaluations delete 019aab00-…'],
  }).action(async (id: string, options: ClientOptions) => {
    const data = await ask<unknown>(options, io, (client) => client.request('DELETE', evaluationPath(id)))
    if (data) io.notes.line('It is deleted. The Records of its calls stay.')
  })
}
