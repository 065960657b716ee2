import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { exportJWK, SignJWT } from 'jose'
import { code, issuerUrl, signerKey, tokenBed } from './testing/token-bed.ts'

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const call = async (verify: (token: string) => unknown, token: string) => await verify(token)

describe('a token of an issuer', () => {
  it('names its consumer and permissions, and no subject', async () => {
    const { verify, sign } = await tokenBed()
    const caller = await verify(await sign())
    assert.deepEqual(
      { ...caller, permissions: [...caller.permissions] },
      {
        consumer: 'shop',
        keyId: 'issuer:company:49915e0d7d4b',
        models: undefined,
        permissions: ['infer'],
        token: 'issued',
      },
    )
  })

  it('costs a signature once a minute, and is looked at again when the catalog changes or it expires', async () => {
    const { bed, verify, sign, pass } = await tokenBed()
    const token = await sign({ exp: bed.time.now / 1000 + 90 })
    const first = await verify(token)
    assert.equal(verify(token), first)
    pass(59_999)
    assert.equal(verify(token), first)
    pass(1)
    const again = verify(token)
    assert.ok(again instanceof Promise)
    await again
    pass(59_999)
    assert.ok(!(verify(token) instanceof Promise))
    // 90 s and the clock skew of 30 s are over.
    pass(1)
    await assert.rejects(call(verify, token), code('invalid_token', /expired/))
    const fresh = await sign()
    await verify(fresh)
    bed.state = { ...bed.state, consumers: {} }
    await assert.rejects(call(verify, fresh), code('forbidden', /"shop", which is not declared/))
  })

  it('is verified once, however many calls bring it at the same time', async () => {
    const { verify, sign, fetched } = await tokenBed()
    const token = await sign()
    const callers = await Promise.all([verify(token), verify(token), verify(token)])
    assert.equal(new Set(callers).size, 1)
    assert.equal(fetched.length, 2)
  })

  for (const [what, claims, detail] of [
    ['for another audience', { aud: 'another' }, /another audience/],
    ['for no audience', { aud: undefined }, /another audience/],
    ['that has expired', { exp: 1_799_999_970 }, /expired/],
    ['that never expires', { exp: undefined }, /no time at which it expires/],
    ['whose expiry is no number', { exp: 'tomorrow' as never }, undefined],
    ['that is not valid yet', { nbf: 1_800_000_031 }, /not valid yet/],
    ['of an issuer that is not declared', { iss: 'https://evil.example.com' }, /issuer of the token is not known/],
    ['of an issuer that differs in a slash', { iss: `${issuerUrl}/` }, /issuer of the token is not known/],
  ] as const) {
    it(`is refused: one ${what}`, async () => {
      const { verify, sign } = await tokenBed()
      await assert.rejects(call(verify, await sign(claims)), code('invalid_token', detail))
    })
  }

  it('is good within the clock skew', async () => {
    const { verify, sign } = await tokenBed()
    await verify(await sign({ exp: 1_799_999_971 }))
    await verify(await sign({ nbf: 1_800_000_030, aud: ['x', 'also-astraapi'] }))
  })
})

describe('a forged token is refused', () => {
  it('signed by another with the key id of the issuer', async () => {
    const { verify, sign } = await tokenBed()
    const forged = await sign({}, { by: await signerKey('k1') })
    await assert.rejects(call(verify, forged), code('invalid_token', /signature/))
  })

  it('unsigned', async () => {
    const { verify, sign } = await tokenBed()
    const payload = (await sign()).split('.')[1]
    for (const alg of ['none', 'None', 'NONE', '', null, 0]) {
      const header = encode({ alg, typ: 'JWT', kid: 'k1' })
      for (const token of [`${header}.${payload}.`, `${header}.${payload}.AAAA`])
        await assert.rejects(call(verify, token), code('invalid_token'), String(alg))
    }
  })

  it('signed with the public key as if it were a shared secret', async () => {
    const { verify, sign, key, bed } = await tokenBed({ algorithms: ['ES256', 'HS256'] })
    const payload = (await sign()).split('.')[1]
    const signed = `${encode({ alg: 'HS256', kid: 'k1' })}.${payload}`
    for (const secret of [key.publicKey.export({ type: 'spki', format: 'pem' }), JSON.stringify(key.jwk)]) {
      const mac = createHmac('sha256', secret).update(signed).digest('base64url')
      await assert.rejects(call(verify, `${signed}.${mac}`), code('invalid_token'))
    }
    // An issuer that publishes a shared secret lets nobody in with it either.
    bed.published.set('https://login.example.com/keys', {
      keys: [{ kty: 'oct', kid: 'k1', k: 'c2VjcmV0', alg: 'HS256' }, key.jwk],
    })
    bed.pass(11 * 60_000)
    const mac = createHmac('sha256', 'secret').update(signed).digest('base64url')
    await assert.rejects(call(verify, `${signed}.${mac}`), code('invalid_token'))
  })

  it('that brings its own key along', async () => {
    const { verify, sign, fetched } = await tokenBed()
    const mine = await signerKey('mine')
    for (const header of [
      { jwk: mine.jwk },
      { jku: 'https://evil.example.com/keys' },
      { x5u: 'https://evil.example.com/cert' },
    ])
      await assert.rejects(call(verify, await sign({}, { by: mine, header })), code('invalid_token', /header/))
    assert.deepEqual(fetched, [])
  })

  it('with an algorithm that is not declared, with critical extensions, or an encrypted one', async () => {
    const { verify, sign, key } = await tokenBed({ algorithms: ['RS256'] })
    await assert.rejects(call(verify, await sign()), code('invalid_token', /algorithm/))
    const { verify: other } = await tokenBed()
    const payload = (await sign()).split('.')[1]
    for (const header of [
      { alg: 'ES256', kid: key.kid, crit: ['exp'] },
      { alg: 'ES256', kid: key.kid, b64: false, crit: ['b64'] },
      { alg: 'dir', enc: 'A256GCM' },
    ])
      await assert.rejects(call(other, `${encode(header)}.${payload}.AAAA`), code('invalid_token'))
  })

  it('signed with a key too weak to be one', async () => {
    const { verify, sign, bed } = await tokenBed()
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'weak', alg: 'RS256' }
    bed.published.set('https://login.example.com/keys', { keys: [jwk] })
    const payload = (await sign()).split('.')[1]
    const token = `${encode({ alg: 'RS256', kid: 'weak' })}.${payload}.${'A'.repeat(171)}`
    await assert.rejects(call(verify, token), code('invalid_token'))
  })

  it('of 10 kB, without a look at it', async () => {
    const { verify, sign, fetched } = await tokenBed()
    const long = await sign({ filler: 'x'.repeat(10_000) })
    assert.throws(() => verify(long), code('invalid_token', /longer than 8192/))
    assert.deepEqual(fetched, [])
  })

  it('changed in any one character', async () => {
    const { verify, sign } = await tokenBed()
    const token = await sign()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...alphabet), async (at, character) => {
        // The last character of a part may carry bits that decoders ignore; such a token says the same, and is as good.
        if (token[at] === '.' || token[at] === character || token[at + 1] === '.' || at === token.length - 1) return
        await assert.rejects(call(verify, token.slice(0, at) + character + token.slice(at + 1)), code('invalid_token'))
      }),
    )
  })

  it('made of anything at all', async () => {
    const { verify } = await tokenBed()
    const part = fc.oneof(
      fc.base64String(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc.string(),
    )
    const claims = fc.record(
      { iss: fc.constant(issuerUrl), aud: fc.anything(), exp: fc.anything(), alg: fc.anything() },
      { requiredKeys: [] },
    )
    const shaped = claims.map((value) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url'))
    await fc.assert(
      fc.asyncProperty(fc.oneof(part, shaped), fc.oneof(part, shaped), part, async (...parts) => {
        await assert.rejects(call(verify, parts.join('.')), code('invalid_token'))
      }),
    )
  })
})

it('of a key set with several keys and a token that names none, any may have signed', async () => {
  const { bed, verify, key } = await tokenBed()
  const others = await Promise.all(['k2', 'k3'].map(signerKey))
  bed.published.set('https://login.example.com/keys', { keys: [...others.map(({ jwk }) => jwk), key.jwk] })
  const unnamed = (by: typeof key) =>
    new SignJWT({ iss: issuerUrl, aud: 'astraapi', azp: 'client-1', exp: bed.time.now / 1000 + 60 })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(by.privateKey)
  assert.equal((await verify(await unnamed(key))).consumer, 'shop')
  await assert.rejects(call(verify, await unnamed(await signerKey('k1'))), code('invalid_token', /signature/))
})
