import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { SignJWT } from 'jose'
import type { Key, TokenGrant } from '../kernel/caller.ts'
import { createMintedTokens } from './minted-tokens.ts'
import { newSigningKey, readSigningKey } from './signing-key.ts'
import { code, tokenBed } from './testing/token-bed.ts'

const key: Key = { id: 'key_1', consumer: 'shop', permissions: ['admin'], createdAt: 0 }

async function bedWith(over: Partial<Key> = {}) {
  const bed = await tokenBed()
  const set = (changed: Partial<Key>) => bed.keys.set(key.id, Object.freeze({ ...key, ...over, ...changed }))
  set({})
  const mint = async (grant: Partial<TokenGrant> = {}) =>
    (await bed.minted.mint(key.id, { expiresAt: bed.time.now + 900_000, ...grant })).reveal()
  return { ...bed, set, mint }
}

describe('a minted token', () => {
  it("calls with its key's name and limits, and may do nothing else", async () => {
    const limits = { concurrent: 3 }
    const { verify, mint } = await bedWith({ limits })
    const token = await mint()
    const { permissions, ...caller } = await verify(token)
    assert.deepEqual(caller, { keyId: 'key_1', consumer: 'shop', limits, models: undefined, token: 'minted' })
    assert.deepEqual([...permissions], ['infer'])
    assert.ok(!(verify(token) instanceof Promise))
  })

  it('is bound to the addresses that its key is bound to at the time', async () => {
    const { verify, mint, set } = await bedWith({ addresses: ['10.0.0.0/8'] })
    const token = await mint()
    assert.deepEqual((await verify(token)).addresses, ['10.0.0.0/8'])
    set({ addresses: ['::1'] })
    assert.deepEqual((await verify(token)).addresses, ['::1'])
    set({ addresses: undefined } as unknown as Partial<Key>)
    assert.equal((await verify(token)).addresses, undefined)
  })

  it('of a key that may not call may nothing', async () => {
    const { verify, mint } = await bedWith({ permissions: ['operate'] })
    assert.deepEqual([...(await verify(await mint())).permissions], [])
  })

  it('has the models of both: its own and its key’s', async () => {
    const { verify, mint, set } = await bedWith({ models: ['spam', 'digits'] })
    const token = await mint({ models: ['spam', 'chat'] })
    assert.deepEqual([...((await verify(token)).models ?? [])], ['spam'])
    assert.deepEqual([...((await verify(await mint())).models ?? [])], ['spam', 'digits'])
    set({ models: ['digits'] })
    assert.deepEqual([...((await verify(token)).models ?? [])], [])
  })

  it('is bound to its unit and session', async () => {
    const { verify, mint } = await bedWith()
    assert.deepEqual((await verify(await mint({ unit: 'u-1', session: 's' }))).bound, { unit: 'u-1', session: 's' })
    assert.deepEqual((await verify(await mint({ unit: 'u-1' }))).bound, { unit: 'u-1' })
  })

  it('ends by itself, also where it was believed a moment ago', async () => {
    const { verify, mint, pass } = await bedWith()
    const token = await mint()
    pass(899_000)
    await verify(token)
    pass(6000)
    await assert.rejects(async () => await verify(token), code('invalid_token', /expired/))
  })

  it('ends at once with its key', async () => {
    const { verify, mint, set, keys, bed, time, pass } = await bedWith()
    const token = await mint()
    await verify(token)
    set({ revokedAt: 1 })
    await assert.rejects(async () => await verify(token), code('key_revoked'))
    set({ expiresAt: time.now + 1000 })
    await verify(token)
    pass(1000)
    await assert.rejects(async () => await verify(token), code('key_expired'))
    set({})
    await verify(token)
    keys.clear()
    await assert.rejects(async () => await verify(token), code('invalid_token'))
    set({})
    await verify(token)
    bed.state = { ...bed.state, consumers: {} }
    await assert.rejects(async () => await verify(token), code('key_revoked'))
  })

  it('is no good at gateways with another store, nor made by an issuer in our name', async () => {
    const { verify, time, sign } = await bedWith()
    const clock = { now: () => time.now, id: () => 'id' }
    const other = createMintedTokens(readSigningKey(newSigningKey()), clock)
    const foreign = (await other.mint(key.id, { expiresAt: time.now + 900_000 })).reveal()
    await assert.rejects(async () => await verify(foreign), code('invalid_token', /signature/))
    const posing = await sign({ iss: 'urn:astraapi:gateway', aud: 'urn:astraapi:calls', sub: key.id })
    await assert.rejects(async () => await verify(posing), code('invalid_token'))
  })

  it('says what it is for: a signature of ours under something else is none', async () => {
    const { bed } = await bedWith()
    const signing = readSigningKey(newSigningKey())
    const minted = createMintedTokens(signing, { now: () => bed.time.now, id: () => 'id' })
    const claims = {
      sub: key.id,
      iss: 'urn:astraapi:gateway',
      aud: 'urn:astraapi:calls',
      exp: bed.time.now / 1000 + 60,
    }
    const signed = (over: object, typ = 'astra+jwt') =>
      new SignJWT({ ...claims, ...over }).setProtectedHeader({ alg: 'EdDSA', typ }).sign(signing.privateKey)
    assert.equal((await minted.read(await signed({}))).keyId, key.id)
    for (const token of [
      await signed({}, 'JWT'),
      await signed({ aud: 'another' }),
      await signed({ exp: undefined }),
      await signed({ sub: undefined }),
    ])
      await assert.rejects(minted.read(token), code('invalid_token'))
  })

  it('is a secret until it is revealed', async () => {
    const { minted, time } = await bedWith()
    const token = await minted.mint(key.id, { expiresAt: time.now })
    assert.equal(inspect(token) + JSON.stringify(token), '***"***"')
  })
})
