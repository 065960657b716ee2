import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError, Option } from 'commander'
import type { Client } from '../client.ts'
import { type ClientOptions, sameGateway } from '../client-command.ts'
import { columns } from '../columns.ts'
import { connect } from '../connection.ts'
import { Exit, Failure, Refused } from '../failures.ts'
import type { Io } from '../io.ts'
import { percent } from '../platform.ts'
import {
  type Disagreement,
  type EvaluationJson,
  evaluationPath,
  evaluationsPath,
  measureRows,
  progressText,
  referenceText,
} from '../report/evaluation-json.ts'
import { evaluationPage } from '../report/evaluation-page.ts'
import { numberText } from '../report/numbers.ts'
import { writeOutput } from '../write-output.ts'

/** What `eval` and `replay` share. */
export interface RunOptions extends ClientOptions {
  readonly require?: readonly string[]
  readonly cases?: number
  readonly concurrency?: number
  readonly out?: string
}

export const runFlags: readonly (readonly [string, string] | Option)[] = [
  new Option('--cases <n>', 'at most so many of the cases, always the same ones').argParser(wholeNumber),
  new Option('--concurrency <n>', 'cases that are asked at once, 1 to 32 (default 4)').argParser(wholeNumber),
  ['--require <bound...>', 'what it must come to, e.g. accuracy>=0.95 or latency-p95<=200ms; else the exit code is 1'],
  ['--out <file>', 'write the report there, too: as HTML, or as JSON where the name ends with .json'],
]

export function requiredFlag(flags: string, summary: string): Option {
  return new Option(flags, summary).makeOptionMandatory()
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.')
  return Number(text)
}

const pollMs = 500

/** Asks for an evaluation, follows it to its end, and prints what came out. Ctrl-C cancels it; then it tells what it has. */
export async function runEvaluation(body: object, options: RunOptions, io: Io): Promise<void> {
  const client = await connect(options, io.env)
  const { data: begun } = await client.request<EvaluationJson>('POST', evaluationsPath, { body }).catch(asUsage)
  for (const note of begun.notes) io.notes.line(`note: ${note}`, 'yellow')
  io.notes.line(`Evaluation ${begun.id}: ${begun.source}.`, 'dim')
  const { data, text } = await followed(begun.id, client, io)
  await writeReport(data, text, options, io)
  if (options.json) io.out.raw(`${text.trimEnd()}\n`)
  else printEvaluation(data, io)
  if (data.report === undefined) throw new Failure(1, withoutReport(data))
  if (data.passed === false || data.status !== 'done' || data.report.partial !== undefined) throw new Exit(1, '')
  if (options.out === undefined && !options.json) {
    io.notes.line(`A page of it: astraapi evaluations show ${data.id} --out report.html${sameGateway(options)}`, 'dim')
  }
}

/** 1 says that a bound was not met: CI has to tell that from a request that nothing was asked for. */
function asUsage(thrown: unknown): never {
  throw thrown instanceof Refused ? new Failure(2, thrown.message) : thrown
}

async function followed(id: string, client: Client, io: Io) {
  const cancel = () => {
    io.notes.line('Cancelling it; a moment.')
    client.request('POST', `${evaluationPath(id)}/cancel`, { body: {} }).catch(() => undefined)
  }
  process.once('SIGINT', cancel)
  try {
    let told = 0
    for (;;) {
      const reply = await client.request<EvaluationJson>('GET', evaluationPath(id))
      const { status, progress } = reply.data
      if (status !== 'queued' && status !== 'running') return reply
      const tenth = progress && progress.cases > 0 ? Math.floor((10 * progress.done) / progress.cases) : 0
      if (progress && tenth > told) {
        told = tenth
        io.notes.line(progressText(progress), 'dim')
      }
      await sleep(pollMs)
    }
  } finally {
    process.off('SIGINT', cancel)
  }
}

export async function writeReport(data: EvaluationJson, text: string, { out }: RunOptions, io: Io): Promise<void> {
  if (out === undefined) return
  await writeOutput(out, out.endsWith('.json') ? `${text.trimEnd()}\n` : evaluationPage(data, Date.now()))
  io.notes.line(`Wrote ${out}.`)
}

function withoutReport({ id, status, fault }: EvaluationJson): string {
  if (fault) return `The evaluation could not begin: ${fault.detail} (${fault.code})`
  return `The evaluation ${id} was ${status} before it had anything to tell.`
}

const signs = { passed: '✓', failed: '✗', skipped: '-' } as const
const colours = { passed: 'green', failed: 'red', skipped: 'dim' } as const
/** On the screen; a page holds all. */
const labelsShown = 10
const disagreementsShown = 5

export function printEvaluation({ report, bounds = [] }: EvaluationJson, io: Io): void {
  if (!report) return
  const { out } = io
  const { version, against } = report
  out.line(report.verdict, 'bold')
  out.line('')
  const rows = measureRows(report).map(
    ({ measure, version: own, interval, against: other, difference, differs, shown }) => ({
      measure,
      [version.version]: own,
      'interval (95 %)': blank(interval),
      ...(against
        ? {
            [against.version]: other,
            difference: blank(difference),
            'its interval': blank(differs),
            shown: blank(shown),
          }
        : {}),
    }),
  )
  for (const line of columns(rows)) out.line(line)
  const labels = (version.labels ?? [])
    .slice(0, labelsShown)
    .map(({ label, expected, answered, right, precision, recall }) => ({
      ...{ label, [referenceText(report)]: expected, answered, right },
      precision: precision === undefined ? undefined : percent(precision),
      recall: recall === undefined ? undefined : percent(recall),
    }))
  if (labels.length > 0) out.line('')
  for (const line of columns(labels)) out.line(line)
  const worst = report.disagreements.slice(0, disagreementsShown)
  if (worst.length > 0) {
    out.line('')
    out.line(`The worst of the cases in which ${version.version} was off:`)
    for (const one of worst) out.line(`  ${one.case ?? one.call ?? 'a case'}: ${offText(one)}`)
  }
  if (bounds.length > 0) out.line('')
  for (const { outcome, words } of bounds) out.line(`${signs[outcome]} ${words}`, colours[outcome])
}

/** A column of which nothing is known is left out. */
function blank(text: string): string {
  return text === '-' ? '' : text
}

function offText({ code, call, distance, answered, expected, answeredAgainst }: Disagreement): string {
  if (code !== undefined) return `failed with ${code}`
  // Of calls that were captured a report holds nothing.
  if (answered === undefined) return `${numberText(distance)} of 1 away, now asked by ${call}`
  return `answered ${answered}, expected ${expected ?? answeredAgainst ?? '?'}`
}
