import { hash } from 'node:crypto'

/**
 * Where a unit falls in [0, 1): uint32be(SHA-256(salt, 0, unit)[0..4]) / 2^32. Dividing by 2^32 rather than 2^32 - 1 keeps 1
 * out, which no share would hold.
 */
export function unitInterval(salt: string, unit: string): number {
  return Number.parseInt(hash('sha256', `${salt}\0${unit}`, 'hex').slice(0, 8), 16) / 2 ** 32
}

/**
 * Where a call falls in [0, 1) by its id alone, a UUID of version 7: its last 32 bits, which are random (RFC 9562, section 5.7). A hash of
 * them would be as good, and 2 us a call.
 */
export function callInterval(id: string): number {
  return Number.parseInt(id.slice(-8), 16) / 2 ** 32
}
