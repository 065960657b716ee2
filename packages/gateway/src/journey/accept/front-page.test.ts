import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { frontPaths, mountFrontPage } from './front-page.ts'

const http = Fastify()
mountFrontPage(http)
const get = (url: string, accept?: string) => http.inject({ url, headers: accept === undefined ? {} : { accept } })

for (const path of frontPaths) {
  test(`GET ${path}: words and links for a browser, the same as JSON for others`, async () => {
    const page = await get(path, 'text/html,application/xhtml+xml,*/*;q=0.8')
    assert.match(page.headers['content-type'] ?? '', /^text\/html/)
    for (const accept of [undefined, '*/*', 'application/json']) {
      const { statusCode, headers, body } = await get(path, accept)
      assert.deepEqual([statusCode, headers.vary], [200, 'Accept'])
      const { about, links } = JSON.parse(body)
      assert.ok(page.body.includes(about))
      assert.deepEqual(Object.keys(links), ['/health/ready', '/openapi.json', '/graphql'])
      for (const link of Object.keys(links)) assert.ok(page.body.includes(`<a href="${link}">`), link)
    }
  })
}
