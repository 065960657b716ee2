import Type from 'typebox'
import {
  type Caller,
  defaultPermissions,
  type Key,
  type Permission,
  permissions,
  revisionOf,
} from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import { isInternal } from '../../kernel/internal-consumers.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { changeable, changeOf, overlapMs } from './key-change.ts'
import { keyJson, keyRow, permission, withoutSecret } from './key-json.ts'
import { precondition } from './manifest.ts'
import { invalidField } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { closed, isoTime, listOf, text, time } from './schemas.ts'
import { modelOf, requireConsumer } from './unknown.ts'
import { withoutUndefined } from './without-undefined.ts'

const secret = text('The key itself')
const id = text('Handle of the key, "key_…"', 64)

export function keyOperations({ clock, keyring, catalogControl, holdsKey }: OperationPorts): readonly Operation[] {
  const tell = (key: Key) => keyJson(key, keyring.lastUsedAt(key.id))
  /** For the audit log. */
  const stateOf = ({ id }: { readonly id: string }, output?: object) => {
    const key = keyring.get(id)
    return output ? withoutSecret(output) : key && tell(key)
  }
  const may = (id: string, caller: Caller) => {
    const { permissions, models } = keyring.get(id) ?? {}
    if (permissions) grantedBy(caller, permissions, models)
  }

  return [
    operation({
      name: 'listKeys',
      summary: 'Every key, revoked and expired ones included; never the keys themselves',
      kind: 'query',
      permission: 'admin',
      method: 'GET',
      path: '/keys',
      input: closed({}),
      output: closed({ keys: listOf(closed(keyRow)), askedWith: text('Handle of the key that asks') }),
      run: async (_, { caller }) => ({ keys: keyring.list().map(tell), askedWith: caller.keyId }),
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
        ...changeable,
      }),
      output: closed({ ...keyRow, secret }),
      audit: (_, output) => output && withoutSecret(output),
      auditTarget: (_, output) => (output ? `/keys/${output.id}` : '/consumers/{consumer}/keys'),
      run: async ({ consumer, permissions, models, ...rest }, { caller }) => {
        const catalog = catalogControl.current()
        requireConsumer(catalog, consumer)
        if (isInternal(consumer)) {
          throw invalidField('consumer', 'is the gateway itself: no key can be made for it, only limits declared')
        }
        for (const model of models ?? []) modelOf(catalog, model)
        const granted = grantedBy(caller, permissions ?? defaultPermissions, models)
        const { key, secret } = await keyring.create(
          withoutUndefined({ consumer, ...granted, ...changeOf(rest, clock.now(), holdsKey) }),
        )
        return { ...tell(key), secret: secret.reveal() }
      },
    }),
    operation({
      name: 'updateKey',
      summary:
        'Changes what may be said of a key; what is left out stays. {} takes its limits away, [] its addresses, "never" its end',
      kind: 'mutation',
      permission: 'admin',
      method: 'PUT',
      path: '/keys/{id}',
      guarded: true,
      input: closed({ id, ...changeable }),
      output: closed(keyRow),
      audit: stateOf,
      run: async ({ id, ...change }, context) => {
        may(id, context.caller)
        const key = await keyring.update(id, changeOf(change, clock.now(), holdsKey), precondition(context))
        context.etag(String(revisionOf(key)))
        return tell(key)
      },
    }),
    operation({
      name: 'rotateKey',
      summary:
        'A new secret for what a key may do; the old one works on for the overlap, so that its users can change over',
      kind: 'mutation',
      permission: 'admin',
      method: 'POST',
      path: '/keys/{id}/rotate',
      input: closed({
        id,
        overlap: Type.Optional(
          text('For how long the old one still works: 1h, 2d; 0: not at all. 24h when left out', 16),
        ),
        expiresAt: changeable.expiresAt,
      }),
      output: closed({ ...keyRow, secret, replacedUntil: time }),
      audit: stateOf,
      run: async ({ id, overlap = '24h', ...change }, { caller }) => {
        may(id, caller)
        const { key, secret } = await keyring.rotate(id, overlapMs(overlap), changeOf(change, clock.now(), holdsKey))
        const until = keyring.get(id)?.expiresAt ?? clock.now()
        return { ...tell(key), secret: secret.reveal(), replacedUntil: isoTime(until) }
      },
    }),
    operation({
      name: 'revokeKey',
      summary: 'Ends a key for good, at once',
      kind: 'mutation',
      permission: 'admin',
      method: 'DELETE',
      path: '/keys/{id}',
      input: closed({ id }),
      output: closed(keyRow),
      audit: stateOf,
      run: async ({ id }) => tell(await keyring.revoke(id)),
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
