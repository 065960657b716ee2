import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { code, issuerUrl, jwksUrl, signerKey, tokenBed } from './testing/token-bed.ts'

const discoveryUrl = `${issuerUrl}/.well-known/openid-configuration`
const retryAfter = (thrown: unknown) => (thrown as { facts: { retryAfterMs?: number } }).facts.retryAfterMs

describe('the keys of an issuer', () => {
  it('are found by its configuration, or where the manifest says', async () => {
    const found = await tokenBed()
    await found.verify(await found.sign())
    assert.deepEqual(found.fetched, [discoveryUrl, jwksUrl])
    const told = await tokenBed({ jwksUrl })
    await told.verify(await told.sign())
    assert.deepEqual(told.fetched, [jwksUrl])
  })

  it('are fetched again when it signs with a new one, but not for every made-up name of one', async () => {
    const { verify, sign, pass, published, fetched } = await tokenBed({ jwksUrl })
    await verify(await sign())
    const next = await signerKey('k2')
    published.set(jwksUrl, { keys: [next.jwk] })
    await assert.rejects(async () => await verify(await sign({}, { by: next })), code('invalid_token', /does not list/))
    pass(10_000)
    assert.equal((await verify(await sign({ sub: 'bob' }, { by: next }))).consumer, 'shop')
    assert.equal(fetched.length, 2)
    for (let turn = 0; turn < 50; turn++) {
      const forged = await sign({ turn }, { by: await signerKey(`made-up-${turn}`) })
      await assert.rejects(async () => await verify(forged), code('invalid_token'))
    }
    assert.equal(fetched.length, 2)
  })

  it('that it took back are forgotten when they are fetched again', async () => {
    const { verify, sign, pass, published, fetched } = await tokenBed({ jwksUrl })
    await verify(await sign())
    published.set(jwksUrl, { keys: [(await signerKey('k2')).jwk] })
    pass(10 * 60_000 + 1)
    // The one that finds them old is still judged by them; they are fetched beside it.
    await verify(await sign())
    assert.equal(fetched.length, 2)
    await assert.rejects(async () => await verify(await sign({ sub: 'bob' })), code('invalid_token'))
  })

  it('go on being used for a day while it cannot be reached, and no longer', async () => {
    const { verify, sign, pass, published, faults } = await tokenBed({ jwksUrl })
    await verify(await sign())
    published.set(jwksUrl, new Error('ECONNREFUSED'))
    pass(24 * 3_600_000 - 1)
    assert.equal((await verify(await sign())).consumer, 'shop')
    assert.deepEqual(faults, [`${jwksUrl}: ECONNREFUSED`])
    pass(10_001)
    await assert.rejects(async () => await verify(await sign()), code('identity_unavailable'))
  })

  it('that cannot be had are 503, and nobody asks again before the pause is over', async () => {
    const { verify, sign, pass, published, fetched, key } = await tokenBed({ jwksUrl })
    published.set(jwksUrl, new Error('ECONNREFUSED'))
    const refused = (thrown: unknown) =>
      code('identity_unavailable')(thrown) && (retryAfter(thrown) ?? 0) >= 1000 && !String(thrown).includes('ECONN')
    await assert.rejects(async () => await verify(await sign()), refused)
    await assert.rejects(async () => await verify(await sign({ sub: 'bob' })), refused)
    assert.equal(fetched.length, 1)
    pass(10_000)
    published.set(jwksUrl, { keys: [key.jwk] })
    assert.equal((await verify(await sign())).consumer, 'shop')
  })

  it('of one that hangs are waited for by a bounded number of calls, and it mends itself', async () => {
    const { verify, sign, pass, published, fetched, faults, key } = await tokenBed({ jwksUrl })
    const hanging = Promise.withResolvers<unknown>()
    published.set(jwksUrl, hanging.promise)
    const tokens = await Promise.all(Array.from({ length: 1010 }, (_, n) => sign({ sub: `user-${n}` })))
    const ended: (string | number)[] = []
    const calls = tokens.map(async (token, n) => {
      const caller = await Promise.resolve(verify(token)).catch((thrown) => thrown)
      ended.push(n)
      return [caller.code, (retryAfter(caller) ?? 0) >= 1000]
    })
    // All tokens are read before any is waited for; those beyond the bound end while the others still wait.
    assert.deepEqual(await Promise.all(calls.slice(1000)), Array(10).fill(['identity_unavailable', true]))
    assert.deepEqual([ended.length, fetched.length], [10, 1])
    hanging.reject(new Error('it did not answer within 2500 ms'))
    assert.deepEqual(await Promise.all(calls), Array(1010).fill(['identity_unavailable', true]))
    assert.equal(faults.length, 1)
    await assert.rejects(async () => await verify(await sign()), code('identity_unavailable'))
    pass(10_000)
    published.set(jwksUrl, { keys: [key.jwk] })
    for (const token of tokens.slice(0, 3)) assert.equal((await verify(token)).consumer, 'shop')
    assert.equal(fetched.length, 2)
  })

  it('that are known go on being used while a token with a made-up key has them fetched from one that hangs', async () => {
    const { verify, sign, pass, published, fetched } = await tokenBed({ jwksUrl })
    await verify(await sign())
    pass(10_000)
    const hanging = Promise.withResolvers<unknown>()
    published.set(jwksUrl, hanging.promise)
    const forged = Promise.resolve(verify(await sign({}, { by: await signerKey('made-up') }))).catch((thrown) => thrown)
    assert.equal((await verify(await sign({ sub: 'bob' }))).consumer, 'shop')
    assert.equal(fetched.length, 2)
    hanging.reject(new Error('ECONNRESET'))
    assert.equal((await forged).code, 'identity_unavailable')
    assert.equal((await verify(await sign({ sub: 'carol' }))).consumer, 'shop')
  })

  it('survive another revision of the catalog', async () => {
    const { bed, verify, sign, fetched } = await tokenBed({ jwksUrl })
    await verify(await sign())
    bed.state = structuredClone(bed.state)
    await verify(await sign())
    assert.equal(fetched.length, 1)
  })

  for (const [what, url, answer] of [
    ['no object', jwksUrl, []],
    ['no list of keys', jwksUrl, { keys: 'k' }],
    ['keys that are none', jwksUrl, { keys: ['k', null] }],
    ['shared secrets only', jwksUrl, { keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'k1' }] }],
    ['thousands of keys', jwksUrl, { keys: Array.from({ length: 5000 }, () => ({ kty: 'EC' })) }],
    ['a configuration that is a list', discoveryUrl, []],
    ['the configuration of another', discoveryUrl, { issuer: 'https://evil.example.com', jwks_uri: jwksUrl }],
    ['keys without TLS', discoveryUrl, { issuer: issuerUrl, jwks_uri: 'http://login.example.com/keys' }],
    ['keys from a file', discoveryUrl, { issuer: issuerUrl, jwks_uri: 'file:///etc/passwd' }],
  ] as const) {
    it(`are none where it serves rubbish: ${what}`, async () => {
      const { verify, sign, published, faults } = await tokenBed()
      published.set(url, answer)
      await assert.rejects(async () => await verify(await sign()), code('identity_unavailable'))
      assert.equal(faults.length, 1)
    })
  }
})
