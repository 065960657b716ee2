import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from '../client-command.ts'
import { connect } from '../connection.ts'
import type { Io } from '../io.ts'
import { type ExperimentJson, type ExperimentRow, experimentPath } from '../report/experiment-json.ts'
import { type ConsentOptions, requireConsent, yesOption } from '../require-consent.ts'

interface ChangeOptions extends ClientOptions, ConsentOptions {
  readonly reason?: string
  readonly version?: string
}

interface Change {
  readonly name: string
  /** Of the platform API. */
  readonly path: string
  readonly summary: string
  readonly options?: readonly (readonly [flags: string, summary: string])[]
  readonly bodyOf?: (options: ChangeOptions) => object
  readonly done: (set: ExperimentRow) => string
  /** What has to be agreed to; undefined: nothing. */
  readonly warning?: (before: ExperimentJson) => string | undefined
}

const reasonOption = ['--reason <text>', 'why, for whoever reads it later'] as const
const reasonOf = ({ reason }: ChangeOptions) => (reason === undefined ? {} : { reason })

/** What a person may do with an experiment; one table for commands and requests. */
const changes: readonly Change[] = [
  {
    ...{ name: 'start', path: 'start', summary: 'begin it: from now on it holds the traffic of its contract' },
    done: ({ name, model, major }) =>
      `${name} runs, and holds the traffic of ${model}@${major}: "astraapi experiments show ${name}" tells how it goes.`,
  },
  {
    ...{ name: 'pause', path: 'pause', summary: 'count nothing as evidence for now; each unit keeps its version' },
    ...{ options: [reasonOption], bodyOf: ({ reason = 'paused by hand' }) => ({ reason }) },
    done: ({ name }) => `${name} is paused. "astraapi experiments resume ${name}" goes on.`,
  },
  {
    ...{ name: 'resume', path: 'resume', summary: 'go on after a pause' },
    done: ({ name }) => `${name} runs again.`,
  },
  {
    ...{ name: 'stop', path: 'stop', summary: 'end it without a decision: the control takes all calls' },
    ...{ options: [reasonOption], bodyOf: reasonOf },
    done: ({ name, control }) => `${name} is stopped: ${control} takes all calls.`,
  },
  {
    ...{ name: 'promote', path: 'promote', summary: 'end it with a candidate: it takes all calls' },
    options: [['--version <version>', 'which, where there are several candidates'], reasonOption, yesOption],
    bodyOf: ({ version, ...options }) => ({
      ...reasonOf(options),
      ...(version === undefined ? {} : { version }),
    }),
    done: ({ name, winner }) => `${name} is over: ${winner} takes all calls.`,
    warning: warningOfPromotion,
  },
  {
    ...{ name: 'rollback', path: 'roll-back', summary: 'end it with the control: it takes all calls' },
    ...{ options: [reasonOption], bodyOf: reasonOf },
    done: ({ name, control }) => `${name} is rolled back: ${control} takes all calls.`,
  },
]

export function changeCommands(experiments: Command, io: Io): void {
  for (const change of changes) changeCommand(experiments, io, change)
}

function changeCommand(experiments: Command, io: Io, change: Change): void {
  clientCommand(experiments, {
    usage: `${change.name} <name>`,
    summary: change.summary,
    examples: [`astraapi experiments ${change.name} spam-1-1`],
    options: change.options ?? [],
  }).action(async (name: string, options: ChangeOptions) => {
    const client = await connect(options, io.env)
    const { data: before } = await client.request<ExperimentJson & { readonly revision: number }>(
      'GET',
      experimentPath(name),
    )
    const fact = change.warning?.(before)
    if (fact !== undefined) await requireConsent({ fact, question: 'Do it nevertheless?' }, options, io)
    const set = await client.request<ExperimentRow>('POST', `${experimentPath(name)}/${change.path}`, {
      body: change.bodyOf?.(options) ?? {},
      // What the controller or somebody else decided since is not overwritten.
      ifMatch: String(before.revision),
    })
    if (options.json) return io.out.raw(`${set.text}\n`)
    io.notes.line(change.done(set.data), 'green')
    if (before.status !== 'draft' && change.path !== 'pause' && change.path !== 'resume') {
      io.notes.line(
        `Where the manifest declares weights for ${before.model}@${before.major}, they come back with the next "astraapi apply": change them there too, or "astraapi export". Where it declares none, it stays so.`,
      )
    }
  })
}

/** A promotion against the evidence is a person's right, and should be meant. */
function warningOfPromotion({ evaluations, name }: ExperimentJson): string | undefined {
  if (evaluations.some(({ decision }) => decision.action === 'promote')) return undefined
  const said = evaluations.map(({ verdict }) => verdict.text).join(' ')
  return said === '' ? `${name} has no evidence yet.` : `The evidence does not say that: ${said}`
}
