import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { type ConsentOptions, requireConsent, yesOption } from '../require-consent.ts'
import { writeOutput } from '../write-output.ts'

interface ExportOptions extends ClientOptions, ConsentOptions {
  readonly out?: string
}

export function exportCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'export',
    summary: 'write the manifest that makes the present state again',
    examples: ['astraapi export --out astra.yaml'],
    options: [['--out <file>', 'write it there (default: stdout)'], yesOption],
  }).action(async (options: ExportOptions) => {
    if (options.json && options.out !== undefined) throw usageFault('--json goes to stdout: leave out it or --out.')
    if (options.out !== undefined) await confirmOverwriting(options.out, options, io)
    const data = await ask<{ readonly yaml: string; readonly revision: number }>(options, io, (client) =>
      client.request('GET', '/api/v1/manifest'),
    )
    if (!data) return
    if (options.out === undefined) return io.out.raw(data.yaml)
    await writeOutput(options.out, data.yaml)
    io.notes.line(`Wrote revision ${data.revision} to ${options.out}.`)
  })
}

/** A manifest by hand has comments and an order, which the exported one has not. */
async function confirmOverwriting(file: string, options: ExportOptions, io: Io): Promise<void> {
  const known = await stat(file).catch(() => undefined)
  if (known?.isFile())
    await requireConsent({ fact: `${file} is there already.`, question: 'Overwrite it?' }, options, io)
}
