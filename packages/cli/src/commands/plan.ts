import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from '../client-command.ts'
import { connect } from '../connection.ts'
import { Exit, Failure } from '../failures.ts'
import { fileText, readGateFiles, withFiles } from '../gate-files.ts'
import type { Io } from '../io.ts'
import { readManifestFile } from '../manifest-file.ts'
import type { Plan } from '../platform.ts'
import { breakingChanges, diffOption, printPlan } from '../print-plan.ts'

interface PlanOptions extends ClientOptions {
  readonly diff?: boolean
  readonly failOnBreaking?: boolean
}

export function planCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'plan [file]',
    summary: 'show what applying a manifest would change, and every fault in it; "-" reads stdin',
    examples: ['astraapi plan', 'astraapi plan staging.yaml --fail-on-breaking', 'astraapi plan --diff'],
    options: [diffOption, ['--fail-on-breaking', 'exit with 1 when callers would break']],
  }).action(async (named: string | undefined, options: PlanOptions) => {
    const manifest = await readManifestFile(named, io)
    const client = await connect(options, io.env)
    const files = await readGateFiles(manifest, client, io)
    for (const file of files) io.notes.line(`To be put by apply: ${fileText(file)}.`)
    const body = withFiles(manifest, files)
    const { data: plan, text } = await client.request<Plan>('POST', '/api/v1/manifest/plan', { body })
    if (options.json) io.out.raw(`${text}\n`)
    else printPlan(plan, manifest.file, io.out, options.diff ? 'whole' : 'brief')
    if (!plan.valid) throw new Exit(1, 'not valid')
    if (options.failOnBreaking && breakingChanges(plan).length > 0) {
      throw new Failure(1, 'Callers would break, and --fail-on-breaking was given.')
    }
  })
}
