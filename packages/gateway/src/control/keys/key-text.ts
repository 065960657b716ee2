import { crc32 } from 'node:zlib'

/**
 * A new key in its text form: `astra_`, 32 random bytes, and the CRC-32 of all that stands before it, both in base64url: 55
 * characters. The prefix and the checksum let secret scanners tell a leaked key from look-alikes without asking anyone.
 */
export function keyText(random: (bytes: number) => Uint8Array): string {
  const body = `astra_${Buffer.from(random(32)).toString('base64url')}`
  return body + checksum(body)
}

/**
 * Whether a text could be a key at all; anything else is turned away before it costs a hash. An adopted key (one that an
 * operator chose) may have another form than ours, so only length and alphabet are asked for.
 */
export function looksLikeKey(text: string): boolean {
  return text.length >= keyLength.min && text.length <= keyLength.max && visibleAscii.test(text)
}

/** Whether a text is one that `keyText` made: what a secret scanner asks. */
export function hasChecksum(text: string): boolean {
  return /^astra_[\w-]{49}$/.test(text) && checksum(text.slice(0, -6)) === text.slice(-6)
}

/** 32 characters are the least that can hold 128 bits in hexadecimal. */
export const keyLength = { min: 32, max: 128 }

const visibleAscii = /^[!-~]+$/

function checksum(body: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes.toString('base64url')
}
