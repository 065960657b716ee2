import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import type { Io } from '../io.ts'
import { amountText } from '../limit-amount.ts'

interface Explanation {
  readonly why: string
  readonly next?: string
  readonly refusedBy?: object
  readonly now?: { readonly kind: string; readonly remaining: number }
  readonly story: readonly string[]
}

export function explainCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'explain <call-id>',
    summary:
      'tell why a call ended as it did: the limit that refused it, its versions, its attempts, where the time went',
    examples: ['astraapi explain 019aab00-1c7e-7d3c-b7aa-5a0f6e4f2b11'],
  }).action(async (id: string, options: ClientOptions) => {
    const path = `/api/v1/calls/${encodeURIComponent(id)}/explain`
    const data = await ask<Explanation>(options, io, (client) => client.request('GET', path))
    if (!data) return
    io.out.line(data.why)
    if (data.next !== undefined) io.out.line(data.next)
    if (data.now) io.out.line(`Of that limit ${amountText(data.now.kind, data.now.remaining)} are left now.`)
    if (data.story.length > 0) io.out.line('')
    for (const sentence of data.story) io.out.line(sentence)
  })
}
