import { AstraError } from '../../kernel/errors.ts'
import { keyLength } from './key-text.ts'

export function expired(id: string): AstraError {
  return new AstraError('key_expired', {
    detail: `${id} has expired`,
    next: 'Make another: "astraapi keys create"; or give this one more time: "astraapi keys update --expires".',
  })
}

export function replaced(id: string, by: string): AstraError {
  return new AstraError('conflict', {
    detail: `${id} was replaced already, by ${by}`,
    next: `Rotate ${by}; or revoke it first, if nobody has it.`,
  })
}

export function keptElsewhere(id: string): AstraError {
  return new AstraError('conflict', {
    detail: `${id} is one of the gateway's own keys: it is kept in the data folder or in ASTRA_ADMIN_KEY`,
    next: 'Change ASTRA_ADMIN_KEY, or revoke the key, and start the gateway again: it makes another in its place.',
  })
}

export function unfit(text: string): AstraError {
  return new AstraError('invalid_option', {
    detail: `A key must have ${keyLength.min} to ${keyLength.max} visible ASCII characters; this one has ${text.length}`,
    next: 'Make one, for example: openssl rand -hex 32',
  })
}
