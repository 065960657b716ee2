import Type from 'typebox'
import { type Caller, type Key, type Permission, permissions } from '../../kernel/caller.ts'
import { defaultPermissions } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, isoTime, listOf, text, time } from './schemas.ts'
import { modelOf, requireConsumer } from './unknown.ts'
import { withoutUndefined } from './without-undefined.ts'

const permission = choice(permissions)

const row = {
  id: text('Public handle, "key_…"; not the key itself'),
  consumer: Type.String(),
  permissions: listOf(permission),
  models: Type.Optional(listOf(Type.String(), { description: 'The only models it may use; left out: all' })),
  note: Type.Optional(Type.String()),
  createdAt: time,
  revokedAt: Type.Optional(time),
}

export function keyOperations({ keyring, catalogControl }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'listKeys',
      summary: 'Every key, revoked ones included; never the keys themselves',
      kind: 'query',
      permission: 'admin',
      method: 'GET',
      path: '/keys',
      input: closed({}),
      output: closed({ keys: listOf(closed(row)) }),
      run: async () => ({ keys: keyring.list().map(rowOf) }),
    }),
    operation({
      name: 'createKey',
      summary: 'A new key for a consumer; its secret is shown in this answer and never again',
      kind: 'mutation',
      permission: 'admin',
      method: 'POST',
      path: '/keys',
      input: closed({
        consumer: text('Whose key it is, as declared in the manifest', 64),
        permissions: Type.Optional(listOf(permission, { minItems: 1, maxItems: permissions.length })),
        models: Type.Optional(listOf(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 1000 })),
        note: Type.Optional(text('What it is for', 256)),
      }),
      output: closed({ ...row, secret: text('The key itself') }),
      run: async ({ consumer, note, ...asked }, { caller }) => {
        const catalog = catalogControl.current()
        requireConsumer(catalog, consumer)
        for (const model of asked.models ?? []) modelOf(catalog, model)
        const granted = grantedBy(caller, asked.permissions ?? defaultPermissions, asked.models)
        const { key, secret } = await keyring.create({ consumer, ...granted, ...(note === undefined ? {} : { note }) })
        return { ...rowOf(key), secret: secret.reveal() }
      },
    }),
    operation({
      name: 'revokeKey',
      summary: 'Ends a key for good, at once',
      kind: 'mutation',
      permission: 'admin',
      method: 'DELETE',
      path: '/keys/{id}',
      input: closed({ id: text('Handle of the key, "key_…"', 64) }),
      output: closed(row),
      run: async ({ id }) => rowOf(await keyring.revoke(id)),
    }),
  ]
}

/** No key makes another that may do more than itself: one bound to some models makes keys bound to those. */
function grantedBy(caller: Caller, asked: readonly Permission[], models: readonly string[] | undefined) {
  const lacking = asked.find((permission) => !caller.permissions.has(permission))
  if (lacking) throw new AstraError('forbidden', { detail: `This key lacks "${lacking}", so it cannot grant it` })
  const allowed = models ?? (caller.models && [...caller.models])
  const foreign = allowed?.find((model) => caller.models?.has(model) === false)
  if (foreign) {
    throw new AstraError('model_forbidden', { detail: `This key may not use "${foreign}", so it cannot grant it` })
  }
  return { permissions: [...new Set(asked)], ...(allowed ? { models: [...new Set(allowed)] } : {}) }
}

function rowOf(key: Key) {
  const { createdAt, revokedAt, ...rest } = key
  return withoutUndefined({
    ...rest,
    createdAt: isoTime(createdAt),
    revokedAt: revokedAt === undefined ? undefined : isoTime(revokedAt),
  })
}
