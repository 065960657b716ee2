import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from '../client-command.ts'
import { connect } from '../connection.ts'
import { Exit } from '../failures.ts'
import type { Io } from '../io.ts'
import { readManifestFile } from '../manifest-file.ts'
import type { Plan } from '../platform.ts'
import { printPlan } from '../print-plan.ts'

export function planCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'plan [file]',
    summary: 'show what applying a manifest would change, and every fault in it; "-" reads stdin',
    examples: ['astraapi plan', 'astraapi plan staging.yaml --json'],
  }).action(async (named: string | undefined, options: ClientOptions) => {
    const manifest = await readManifestFile(named, io)
    const client = await connect(options, io.env)
    const { data: plan, text } = await client.request<Plan>('POST', '/api/v1/manifest/plan', { body: manifest })
    if (options.json) io.out.raw(`${text}\n`)
    else printPlan(plan, manifest.file, io)
    if (!plan.valid) throw new Exit(1, 'not valid')
  })
}
