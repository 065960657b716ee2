import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface Issuer {
  /** As a manifest declares it. */
  readonly declared: object
  /** Tokens of the consumer `bench`, no two alike. */
  tokens(count: number): Promise<readonly string[]>
  stop(): Promise<void>
}

/** Signs tokens, and publishes its key at a port of the bench's own process, which is asked for it once in ten minutes. */
export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const key = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [key] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const audience = 'astraapi'
  const sign = (n: number) =>
    new SignJWT({ azp: 'bench' })
      .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(`somebody-${n}`)
      .setExpirationTime('2h')
      .sign(privateKey)
  return {
    declared: { bench: { issuer, jwks: `${issuer}/keys`, audience, claims: { consumer: 'azp' } } },
    tokens: (count) => Promise.all(Array.from({ length: count }, (_, n) => sign(n))),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
