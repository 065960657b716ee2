import type { Logger } from 'pino'
import type { Keyring } from '../control/keys/keyring.ts'
import type { TokenMint } from '../control/operations/ports.ts'
import { createFetchJson } from '../identity/fetch-json.ts'
import { createIssuerKeys } from '../identity/issuer-keys.ts'
import { createMintedTokens } from '../identity/minted-tokens.ts'
import { newSigningKey, readSigningKey } from '../identity/signing-key.ts'
import { createVerifyToken, type VerifyToken } from '../identity/verify-token.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Store } from '../kernel/store.ts'
import { settingOf } from './setting-of.ts'

export interface WiredIdentity {
  readonly verifyToken: VerifyToken
  readonly tokens: TokenMint
  close(): Promise<void>
}

/** Tokens: those of issuers, and those that this gateway mints. */
export async function wireIdentity(ports: {
  readonly store: Pick<Store, 'state'>
  readonly keyring: Pick<Keyring, 'get'>
  readonly catalog: () => Catalog
  readonly hasConsumer: (name: string) => boolean
  readonly clock: Clock
  readonly log: Logger
}): Promise<WiredIdentity> {
  const { store, keyring, catalog, hasConsumer, clock, log } = ports
  const signing = readSigningKey(await settingOf(store, 'token-signing-key', newSigningKey))
  const minted = createMintedTokens(signing, clock)
  const { fetchJson, close } = createFetchJson()
  const issuerKeys = createIssuerKeys({
    clock,
    fetchJson,
    failed: (issuer, reason) => log.warn({ issuer, reason }, 'the keys of an issuer cannot be had'),
  })
  return {
    verifyToken: createVerifyToken({
      clock,
      state: () => catalog().state,
      issuerKeys,
      minted,
      findKeyById: keyring.get,
      hasConsumer,
    }),
    tokens: { mint: minted.mint },
    close,
  }
}
