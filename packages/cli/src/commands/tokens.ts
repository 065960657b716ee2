import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { ask, type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import { usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { type KeyRow, shortTime } from '../platform.ts'

interface CreateOptions extends ClientOptions {
  readonly expires?: string
  readonly model?: string
  readonly unit?: string
  readonly session?: string
}

interface Token {
  readonly token: string
  readonly expiresAt: string
  readonly models?: readonly string[]
  readonly unit?: string
  /** An older gateway does not tell it. */
  readonly key?: Pick<KeyRow, 'id' | 'consumer' | 'permissions'>
}

export function tokensCommand(program: Command, io: Io): void {
  const tokens = program.command('tokens').description('make short-lived tokens from a key, for browsers')
  const examples = [
    'astraapi tokens create --key-file checkout.key --model spam --expires 15m',
    'astraapi tokens create --key-file checkout.key --unit customer-7',
  ]
  tokens.addHelpText('after', exampleText(examples))
  clientCommand(tokens, {
    usage: 'create',
    summary: 'make a token that stands for the key that asks; it alone goes to stdout, once',
    examples,
    options: [
      ['--expires <duration>', 'for how long it works: 30s to 24h (default 15m)'],
      ['--model <list>', 'the only models it may use (default: those of the key)'],
      ['--unit <text>', 'the sticky unit of all its calls, whatever they say'],
      ['--session <text>', 'the session of all its calls, whatever they say'],
    ],
  }).action(async (options: CreateOptions) => {
    const { expires, model, unit, session } = options
    const models = model?.split(',').map((name) => name.trim())
    const body = { expiresIn: expires, models, unit, session }
    const made = await ask<Token>(options, io, (client) => makeToken(client, body), 'calls')
    if (!made) return
    io.out.raw(`${made.token}\n`)
    const only = made.models ? `, only ${made.models.join(', ')}` : ''
    const bound = made.unit === undefined ? '' : `, as unit ${made.unit}`
    const it = made.key ? `It stands for ${made.key.id} of ${made.key.consumer}, and` : 'It'
    io.notes.line(`${it} may call models${only}${bound}, until ${shortTime(made.expiresAt)} UTC or the end of its key.`)
  })
}

/** A page's calls would count as an administrator's where his key, which is the default, was the nearest at hand. */
async function makeToken(client: Client, body: object) {
  const reply = await client.request<Token>('POST', '/api/v1/tokens', { body })
  const { id, consumer, permissions = [] } = reply.data.key ?? {}
  if (permissions.every((permission) => permission === 'infer')) return reply
  throw usageFault(
    `The key that asks, ${id} of ${consumer}, may do more than call models, and the token's calls would count as ${consumer}'s.\n` +
      'Make one for the consumer that the page is of, "astraapi keys create NAME > NAME.key", and give --key-file NAME.key.',
  )
}
