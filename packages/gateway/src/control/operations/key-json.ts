import Type from 'typebox'
import { type Key, permissions, revisionOf } from '../../kernel/caller.ts'
import { limitsOut, limitsSchema } from './key-limits.ts'
import { choice, isoTime, listOf, text, time } from './schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

export const permission = choice(permissions)

/** A key as answers have it; never the key itself. */
export const keyRow = {
  id: text('Public handle, "key_…"; not the key itself'),
  consumer: Type.String(),
  permissions: listOf(permission),
  models: Type.Optional(listOf(Type.String(), { description: 'The only models it may use; left out: all' })),
  limits: Type.Optional(limitsSchema),
  addresses: Type.Optional(listOf(Type.String(), { description: 'Where it may be used from; left out: anywhere' })),
  note: Type.Optional(Type.String()),
  createdAt: time,
  expiresAt: Type.Optional(time),
  revokedAt: Type.Optional(time),
  lastUsedAt: Type.Optional(
    Type.String({ format: 'date-time', description: 'To within a minute; as this gateway saw it' }),
  ),
  revision: Type.Integer({ minimum: 1, description: 'Of this key; the If-Match of its update' }),
  replaces: Type.Optional(text('The key that it took the place of')),
}

export function keyJson(key: Key, lastUsedAt: number | undefined) {
  const { limits, createdAt, expiresAt, revokedAt, countsAs: _, ...rest } = key
  const iso = (time: number | undefined) => (time === undefined ? undefined : isoTime(time))
  return withoutUndefined({
    ...rest,
    limits: limitsOut(limits),
    createdAt: isoTime(createdAt),
    expiresAt: iso(expiresAt),
    revokedAt: iso(revokedAt),
    lastUsedAt: iso(lastUsedAt),
    revision: revisionOf(key),
  })
}

/** For the audit log. */
export function withoutSecret(output: object): object {
  return { ...output, secret: undefined }
}
