import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import type { Io } from '../io.ts'

export function explainCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'explain <call-id>',
    summary: 'tell the journey of one call: its version and why, its attempts, where the time went, how it ended',
    examples: ['astraapi explain 019aab00-1c7e-7d3c-b7aa-5a0f6e4f2b11'],
  }).action(async (id: string, options: ClientOptions) => {
    const path = `/api/v1/calls/${encodeURIComponent(id)}`
    const data = await ask<{ readonly story: readonly string[] }>(options, io, (client) => client.request('GET', path))
    for (const sentence of data?.story ?? []) io.out.line(sentence)
  })
}
