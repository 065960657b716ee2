import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import type { Io } from '../io.ts'
import { writeOutput } from '../write-output.ts'

interface ExportOptions extends ClientOptions {
  readonly out?: string
}

export function exportCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'export',
    summary: 'write the manifest that makes the present state again',
    examples: ['astraapi export --out astra.yaml'],
    options: [['--out <file>', 'write it there (default: stdout)']],
  }).action(async (options: ExportOptions) => {
    const data = await ask<{ readonly yaml: string; readonly revision: number }>(options, io, (client) =>
      client.request('GET', '/api/v1/manifest'),
    )
    if (!data) return
    if (options.out === undefined) return io.out.raw(data.yaml)
    await writeOutput(options.out, data.yaml)
    io.notes.line(`Wrote revision ${data.revision} to ${options.out}.`)
  })
}
