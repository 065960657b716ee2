import { Command, CommanderError } from 'commander'
import packageFile from '../package.json' with { type: 'json' }
import { addCommand } from './commands/add.ts'
import { applyCommand } from './commands/apply.ts'
import { auditCommand } from './commands/audit.ts'
import { cacheCommand } from './commands/cache.ts'
import { callsCommand } from './commands/calls.ts'
import { driftCommand } from './commands/drift.ts'
import { evalCommand } from './commands/eval.ts'
import { evaluationsCommand } from './commands/evaluations.ts'
import { experimentsCommand } from './commands/experiments.ts'
import { explainCommand } from './commands/explain.ts'
import { exportCommand } from './commands/export.ts'
import { generateCommand } from './commands/generate.ts'
import { judgesCommand } from './commands/judges.ts'
import { keysCommand } from './commands/keys.ts'
import { limitsCommand } from './commands/limits.ts'
import { modelsCommand } from './commands/models.ts'
import { planCommand } from './commands/plan.ts'
import { predictCommand } from './commands/predict.ts'
import { replayCommand } from './commands/replay.ts'
import { replicasCommand } from './commands/replicas.ts'
import { runtimeCommand } from './commands/runtime.ts'
import { setsCommand } from './commands/sets.ts'
import { shadowCommand } from './commands/shadow.ts'
import { startCommand } from './commands/start.ts'
import { statusCommand } from './commands/status.ts'
import { tokensCommand } from './commands/tokens.ts'
import { trafficCommand } from './commands/traffic.ts'
import { usageCommand } from './commands/usage.ts'
import { Exit, Failure, usageFault } from './failures.ts'
import type { Io } from './io.ts'
import { flagsThatNpmTook } from './npm-took.ts'
import { readersScreen } from './words.ts'

/** In the order in which help lists them. */
const commands = [
  startCommand,
  runtimeCommand,
  modelsCommand,
  predictCommand,
  callsCommand,
  explainCommand,
  limitsCommand,
  usageCommand,
  addCommand,
  planCommand,
  applyCommand,
  setsCommand,
  trafficCommand,
  shadowCommand,
  driftCommand,
  judgesCommand,
  experimentsCommand,
  evalCommand,
  replayCommand,
  evaluationsCommand,
  replicasCommand,
  cacheCommand,
  exportCommand,
  keysCommand,
  auditCommand,
  tokensCommand,
  generateCommand,
  statusCommand,
]

/** Runs one command line (without node and script). Resolves with the exit code; `start` and `runtime` go on after it. */
export async function runCli(argv: readonly string[], given: Io): Promise<number> {
  const io = { ...given, notes: readersScreen(given.notes, given.env) }
  const program = new Command('astraapi')
    .description('Every model an organisation runs, behind one versioned API.')
    .addHelpText('after', '\nExample:\n  $ astraapi start\n  $ astraapi predict spam --text "You have won a prize"\n')
    .version(packageFile.version, '--version', 'print the version')
    // Some commands have a --version of their own.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: io.out.raw, writeErr: io.notes.raw })
  for (const add of commands) add(program, io)
  try {
    const taken = flagsThatNpmTook(program, argv, io.env)
    if (taken !== undefined) throw usageFault(taken)
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    return failed(error, io)
  }
}

function failed(error: unknown, { notes }: Io): number {
  // Commander has said what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof Exit) return error.exitCode
  if (error instanceof Failure) {
    for (const [index, line] of error.message.split('\n').entries()) notes.line(line, index === 0 ? 'red' : undefined)
    return error.exitCode
  }
  // The gateway's and the runtime's own words for a start that cannot succeed; anything else is a fault of ours.
  const worded = error instanceof Error && /^Start(up)?Error$/.test(error.name)
  for (const line of (worded ? error.message : String((error as Error)?.stack ?? error)).split('\n')) notes.line(line)
  return 1
}
