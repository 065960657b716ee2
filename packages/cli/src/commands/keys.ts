import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { type KeyRow, shortTime } from '../platform.ts'

interface CreateOptions extends ClientOptions {
  readonly permission?: string
  readonly model?: string
  readonly note?: string
}

interface Keys {
  readonly keys: readonly KeyRow[]
}

export function keysCommand(program: Command, io: Io): void {
  const keys = program.command('keys').description('create, list and revoke the keys of consumers')
  keys.addHelpText('after', exampleText(['astraapi keys create checkout > checkout.key', 'astraapi keys list']))
  createCommand(keys, io)
  listCommand(keys, io)
  revokeCommand(keys, io)
}

function createCommand(keys: Command, io: Io): void {
  clientCommand(keys, {
    usage: 'create <consumer>',
    summary: 'make a key; it alone goes to stdout, once',
    examples: [
      'astraapi keys create checkout > checkout.key',
      'astraapi keys create dashboard --permission read --note "the dashboard on the wall"',
      'astraapi keys create mail --model spam,language',
    ],
    options: [
      ['--permission <list>', 'any of infer,read,operate,admin (default infer)'],
      ['--model <list>', 'the only models it may use (default: all)'],
      ['--note <text>', 'what it is for'],
    ],
  }).action(async (consumer: string, options: CreateOptions) => {
    const { permission, model, note } = options
    const body = { consumer, permissions: listOf(permission), models: listOf(model), note }
    const key = await ask<KeyRow & { readonly secret: string }>(options, io, (client) =>
      client.request('POST', '/api/v1/keys', { body }),
    )
    if (!key) return
    io.out.raw(`${key.secret}\n`)
    const may = `${key.permissions.join(', ')}${key.models ? `; only ${key.models.join(', ')}` : ''}`
    io.notes.line(`This is ${key.id} of ${key.consumer} (${may}). It is not shown again: keep it now.`)
  })
}

function listCommand(keys: Command, io: Io): void {
  clientCommand(keys, {
    usage: 'list',
    summary: 'list every key by its handle, revoked ones included',
    examples: ['astraapi keys list'],
  }).action(async (options: ClientOptions) => {
    const data = await ask<Keys>(options, io, (client) => client.request('GET', '/api/v1/keys'))
    for (const line of data ? columns(data.keys.map(rowOf)) : []) io.out.line(line)
  })
}

function revokeCommand(keys: Command, io: Io): void {
  clientCommand(keys, {
    usage: 'revoke <key-id>',
    summary: 'end a key for good, at once',
    examples: ['astraapi keys revoke key_3f9ab2c45d6e7f80'],
  }).action(async (id: string, options: ClientOptions) => {
    let before: KeyRow | undefined
    const key = await ask<KeyRow>(options, io, async (client) => {
      // The answer is the same for a key that was revoked long ago.
      const { data } = await client.request<Keys>('GET', '/api/v1/keys')
      before = data.keys.find((row) => row.id === id)
      return await client.request('DELETE', `/api/v1/keys/${encodeURIComponent(id)}`)
    })
    if (!key) return
    const name = `${key.id} of ${key.consumer}`
    const since = before?.revokedAt
    io.notes.line(since === undefined ? `Revoked ${name}.` : `${name} was revoked already at ${shortTime(since)} UTC.`)
  })
}

function rowOf({ id, consumer, permissions, models = [], note, createdAt, revokedAt }: KeyRow) {
  return {
    key: id,
    consumer,
    may: permissions.join(','),
    models: models.join(','),
    created: shortTime(createdAt),
    revoked: revokedAt === undefined ? undefined : shortTime(revokedAt),
    note,
  }
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(',').map((name) => name.trim())
}
