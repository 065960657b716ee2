import type { Command } from 'commander'
import { clientCommand } from '../client-command.ts'
import { Exit, Failure, usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { readBounds } from '../read-bounds.ts'
import { readCases } from '../read-cases.ts'
import { readModel } from '../read-model.ts'
import { type RunOptions, runEvaluation, runFlags } from './evaluation-run.ts'

interface EvalOptions extends RunOptions {
  readonly set?: string
  readonly against?: string
}

export function evalCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'eval <model> <version> [file]',
    summary: 'ask a version a set of cases: how often it is right, or how it compares with another version',
    examples: [
      'astraapi eval spam 1.1 heldout.jsonl',
      'astraapi eval spam 1.1 heldout.jsonl --against current --require "accuracy>=0.95" "drop:accuracy<=1%"',
      'astraapi eval spam@v1 1.1 --set heldout.jsonl --cases 500 --out report.html',
    ],
    options: [
      ['--set <name>', 'instead of a file of JSON Lines ({"input": …, "expected": …}): a set that the gateway keeps'],
      ['--against <version>', 'ask another version the same, and compare; "current" is the one that serves now'],
      ...runFlags,
    ],
  }).action(async (named: string, version: string, file: string | undefined, options: EvalOptions) => {
    const { name: model, asked: major } = readModel(named, undefined)
    const { set, against, cases: sample, concurrency } = options
    if ((file === undefined) === (set === undefined)) {
      throw usageFault('Name a file of JSON Lines ("-" for stdin), or a set that the gateway keeps: --set NAME.')
    }
    const read = file === undefined ? undefined : await readCases(file, io.stdin)
    const require = readBounds(options.require ?? [])
    // What is undefined is left out of JSON.
    const body = { model, major, version, against, cases: read?.cases, set, sample, concurrency, require }
    await runEvaluation(body, options, io).catch((thrown) => {
      if (!(thrown instanceof Failure) || thrown instanceof Exit || !read) throw thrown
      throw new Failure(thrown.exitCode, read.placed(thrown.message))
    })
  })
}
