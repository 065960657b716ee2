import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import { columns } from '../columns.ts'
import { usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { changeOptions, type KeyOptions, keyChange, listOf } from '../key-options.ts'
import { type KeyRow, shortTime } from '../platform.ts'
import { type ConsentOptions, requireConsent, yesOption } from '../require-consent.ts'

interface CreateOptions extends ClientOptions, KeyOptions {
  readonly permission?: string
  readonly model?: string
}

interface Keys {
  readonly keys: readonly KeyRow[]
  /** The key that asks; an older gateway does not tell it. */
  readonly askedWith?: string
}

type NewKey = KeyRow & { readonly secret: string }

export function keysCommand(program: Command, io: Io): void {
  const keys = program.command('keys').description('create, list, rotate and revoke the keys of consumers')
  keys.addHelpText('after', exampleText(['astraapi keys create checkout > checkout.key', 'astraapi keys list']))
  createCommand(keys, io)
  listCommand(keys, io)
  rotateCommand(keys, io)
  updateCommand(keys, io)
  revokeCommand(keys, io)
}

function createCommand(keys: Command, io: Io): void {
  clientCommand(keys, {
    usage: 'create <consumer>',
    summary: 'make a key; it alone goes to stdout, once',
    examples: [
      'astraapi keys create checkout > checkout.key',
      'astraapi keys create dashboard --permission read --note "the dashboard on the wall"',
      'astraapi keys create mail --model spam,language --expires 90d --address 10.0.0.0/8 --requests 100/minute',
    ],
    options: [
      ['--permission <list>', 'any of infer,read,operate,admin (default infer)'],
      ['--model <list>', 'the only models it may use (default: all)'],
      ...changeOptions,
    ],
  }).action(async (consumer: string, options: CreateOptions) => {
    const { permission, model } = options
    const body = { consumer, permissions: listOf(permission), models: listOf(model), ...keyChange(options) }
    const key = await ask<NewKey>(options, io, (client) => client.request('POST', '/api/v1/keys', { body }))
    if (key) tellNew(key, io)
  })
}

/** The key alone goes to stdout, so that it can be sent to a file. */
function tellNew(key: NewKey, io: Io): void {
  io.out.raw(`${key.secret}\n`)
  const may = `${key.permissions.join(', ')}${key.models ? `; only ${key.models.join(', ')}` : ''}`
  const until = key.expiresAt === undefined ? '' : ` It ends at ${shortTime(key.expiresAt)} UTC.`
  io.notes.line(`This is ${key.id} of ${key.consumer} (${may}).${until} It is not shown again: keep it now.`)
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

function rotateCommand(keys: Command, io: Io): void {
  clientCommand(keys, {
    usage: 'rotate <key-id>',
    summary: 'make a new key for what this one may do; the old one works on for a while',
    examples: ['astraapi keys rotate key_3f9ab2c45d6e7f80 --overlap 1h > checkout.key'],
    options: [
      ['--overlap <time>', 'for how long the old one still works: 1h, 2d, 0 (default 24h)'],
      [
        '--expires <time>',
        'when the new one ends: 90d, a time, or never (default: as long from now as the old one was to live)',
      ],
    ],
  }).action(async (id: string, options: ClientOptions & { readonly overlap?: string; readonly expires?: string }) => {
    const body = { overlap: options.overlap, expiresAt: options.expires }
    const key = await ask<NewKey & { readonly replacedUntil: string }>(options, io, (client) =>
      client.request('POST', `/api/v1/keys/${encodeURIComponent(id)}/rotate`, { body }),
    )
    if (!key) return
    tellNew(key, io)
    if (key.expiresAt === undefined) io.notes.line(`${key.id} has no end of its own.`)
    io.notes.line(`${id} ends at ${shortTime(key.replacedUntil)} UTC.`)
  })
}

function updateCommand(keys: Command, io: Io): void {
  clientCommand(keys, {
    usage: 'update <key-id>',
    summary: 'change the limits, addresses, end or note of a key; what is not named stays',
    examples: [
      'astraapi keys update key_3f9ab2c45d6e7f80 --requests 100/minute --budget-day 5',
      'astraapi keys update key_3f9ab2c45d6e7f80 --no-limits --address any --expires never',
    ],
    options: [...changeOptions, ['--no-limits', 'take all its limits away']],
  }).action(async (id: string, options: ClientOptions & KeyOptions) => {
    if (Object.values(keyChange(options)).every((value) => value === undefined)) {
      throw usageFault('Nothing to change was named: give --expires, --address, --note, or a limit (see --help).')
    }
    const key = await ask<KeyRow>(options, io, async (client) => {
      // The gateway replaces limits as a whole.
      const { data } = await client.request<Keys>('GET', '/api/v1/keys')
      const before = data.keys.find((row) => row.id === id)
      const body = keyChange(options, before?.limits)
      const ifMatch = String(before?.revision ?? 1)
      return await client.request('PUT', `/api/v1/keys/${encodeURIComponent(id)}`, { body, ifMatch })
    })
    if (key) io.notes.line(`Changed ${key.id} of ${key.consumer}.`)
  })
}

function revokeCommand(keys: Command, io: Io): void {
  clientCommand(keys, {
    usage: 'revoke <key-id>',
    summary: 'end a key for good, at once',
    examples: ['astraapi keys revoke key_3f9ab2c45d6e7f80'],
    options: [yesOption],
  }).action(async (id: string, options: ClientOptions & ConsentOptions) => {
    let before: KeyRow | undefined
    const key = await ask<KeyRow>(options, io, async (client) => {
      // The answer is the same for a key that was revoked long ago.
      const { data } = await client.request<Keys>('GET', '/api/v1/keys')
      before = data.keys.find((row) => row.id === id)
      const fact = warningOf(id, data)
      if (fact !== undefined) await requireConsent({ fact, question: 'Revoke it?' }, options, io)
      return await client.request('DELETE', `/api/v1/keys/${encodeURIComponent(id)}`)
    })
    if (!key) return
    const name = `${key.id} of ${key.consumer}`
    const since = before?.revokedAt
    io.notes.line(since === undefined ? `Revoked ${name}.` : `${name} was revoked already at ${shortTime(since)} UTC.`)
  })
}

/** What goes with a key besides itself: the way in. */
function warningOf(id: string, { keys, askedWith }: Keys): string | undefined {
  const administers = ({ permissions, revokedAt, expiresAt }: KeyRow) =>
    permissions.includes('admin') &&
    revokedAt === undefined &&
    (expiresAt === undefined || Date.parse(expiresAt) > Date.now())
  const admins = keys.filter(administers)
  if (admins.length === 1 && admins[0]?.id === id) {
    return `${id} is the last key that may administer this gateway. Without it, only a restart of the gateway gives a key again: in admin.key of its data folder, or a new ASTRA_ADMIN_KEY.`
  }
  return id === askedWith ? `${id} is the key that this command asks with: the next one will need another.` : undefined
}

function rowOf(key: KeyRow) {
  const { models = [], addresses = [], expiresAt, revokedAt, lastUsedAt } = key
  const at = (time: string | undefined) => (time === undefined ? undefined : shortTime(time))
  return {
    key: key.id,
    consumer: key.consumer,
    may: key.permissions.join(','),
    models: models.join(','),
    from: addresses.join(','),
    limits: key.limits && Object.keys(key.limits).join(','),
    created: shortTime(key.createdAt),
    used: at(lastUsedAt),
    ends: at(expiresAt),
    revoked: at(revokedAt),
    note: key.note,
  }
}
