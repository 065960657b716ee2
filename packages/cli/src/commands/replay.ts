import type { Command } from 'commander'
import { clientCommand } from '../client-command.ts'
import type { Io } from '../io.ts'
import { readBounds } from '../read-bounds.ts'
import { readModel } from '../read-model.ts'
import { type RunOptions, requiredFlag, runEvaluation, runFlags } from './evaluation-run.ts'

interface ReplayOptions extends RunOptions {
  readonly since: string
  readonly until?: string
  readonly to: string
  readonly fromVersion?: string
}

export function replayCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'replay <model>',
    summary:
      'ask a version what callers asked, and hold its answers against those that they got (needs captured calls)',
    examples: [
      'astraapi replay spam --since 1d --to 1.2',
      'astraapi replay spam --since 1d --to 1.2 --from-version 1.1 --require "agreement>=0.98"',
    ],
    options: [
      requiredFlag('--to <version>', 'the version that is asked'),
      requiredFlag('--since <time>', 'calls from then on: 30m, 1h, 2d ago, or a time like 2026-11-22T12:00:00Z'),
      ['--until <time>', 'calls until then (default: now)'],
      ['--from-version <version>', 'only calls that this version answered'],
      ...runFlags,
    ],
  }).action(async (named: string, options: ReplayOptions) => {
    const { name: model, asked: major } = readModel(named, undefined)
    const { since, until, to: version, fromVersion, cases: sample, concurrency } = options
    const require = readBounds(options.require ?? [])
    const replay = { since, until, version: fromVersion }
    await runEvaluation({ model, major, version, replay, sample, concurrency, require }, options, io)
  })
}
