import Type, { type Static } from 'typebox'
import { isNetwork } from '../../kernel/networks.ts'
import type { KeyChange } from '../keys/keyring.ts'
import { limitsFrom, limitsSchema } from './key-limits.ts'
import { durationOf, invalidField, momentToCome } from './moments.ts'
import { listOf, text } from './schemas.ts'

const overlapMsMax = 30 * 86_400_000
const expiresAt = text('30d from now, or a time like 2027-11-22T12:00:00Z', 64)

/** What may be said of a key when it is made, and changed later. */
export const changeable = {
  limits: Type.Optional(limitsSchema),
  addresses: Type.Optional(
    listOf(Type.String({ maxLength: 64 }), {
      maxItems: 100,
      description: 'The only addresses and networks: "10.0.0.0/8"',
    }),
  ),
  note: Type.Optional(Type.String({ description: 'What it is for', maxLength: 256 })),
  expiresAt: Type.Optional(expiresAt),
}

interface AskedChange {
  readonly limits?: Static<typeof limitsSchema>
  readonly addresses?: readonly string[]
  readonly note?: string
  readonly expiresAt?: string
}

/** Only what was asked for is in it; undefined takes away. Throws `invalid_input`. */
export function changeOf(
  { limits, addresses, note, expiresAt }: AskedChange,
  now: number,
  holdsKey: (text: string) => boolean = () => false,
): KeyChange {
  if (note !== undefined && holdsKey(note)) {
    throw invalidField('note', 'must not hold a key or a token: notes are shown and kept in the audit log')
  }
  const bad = addresses?.find((address) => !isNetwork(address))
  if (bad !== undefined) {
    throw invalidField('addresses', `must be addresses or networks like 10.0.0.7 or 10.0.0.0/8; "${bad}" is none`)
  }
  return {
    ...(limits === undefined ? {} : { limits: limitsFrom(limits) }),
    ...(addresses === undefined ? {} : { addresses: addresses.length === 0 ? undefined : [...new Set(addresses)] }),
    ...(note === undefined ? {} : { note: note === '' ? undefined : note }),
    ...(expiresAt === undefined
      ? {}
      : { expiresAt: expiresAt === 'never' ? undefined : momentToCome(expiresAt, now, 'expiresAt') }),
  }
}

/** Throws `invalid_input`. */
export function overlapMs(text: string): number {
  const ms = text === '0' ? 0 : durationOf(text, 'overlap')
  if (ms <= overlapMsMax) return ms
  throw invalidField('overlap', 'must be 30d at most: give the old key an end of its own with updateKey')
}
