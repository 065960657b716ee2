import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import type { Io } from '../io.ts'
import { shortTime } from '../platform.ts'

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
    const made = await ask<Token>(options, io, (client) => client.request('POST', '/api/v1/tokens', { body }), 'calls')
    if (!made) return
    io.out.raw(`${made.token}\n`)
    const only = made.models ? `, only ${made.models.join(', ')}` : ''
    const bound = made.unit === undefined ? '' : `, as unit ${made.unit}`
    io.notes.line(`It may call models${only}${bound}, until ${shortTime(made.expiresAt)} UTC or the end of its key.`)
  })
}
