import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'

/** What gateways that share a store sign and verify minted tokens with. */
export interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** A new Ed25519 key in the form in which a store keeps it. It is a secret. */
export function newSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url')
}

export function readSigningKey(kept: string): SigningKey {
  const privateKey = createPrivateKey({ key: Buffer.from(kept, 'base64url'), type: 'pkcs8', format: 'der' })
  const publicKey = createPublicKey(privateKey)
  const id = hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex').slice(0, 16)
  return { id, privateKey, publicKey }
}
