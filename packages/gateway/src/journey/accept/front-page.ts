import type { FastifyInstance } from 'fastify'

/** Where a browser is taken: the address that a start prints, and where documentation is looked for. */
export const frontPaths = ['/', '/docs'] as const

/** The same for everybody, as it is told without a key: what this is, and nothing of what it serves. */
const links = {
  '/health/ready': 'whether it serves just now; asks for no key',
  '/openapi.json': 'every path and model, typed',
  '/graphql': 'the same by GraphQL, introspection included',
} as const
const key = 'Authorization: Bearer <key>'
const about =
  'This is AstraAPI, an AI gateway: programs call models here. There are no pages to look at; every call sends a key.'
const docs = 'The documentation is README.md and the folder docs/ of the AstraAPI that this gateway was started from.'

const json = JSON.stringify({ about, key, links, docs })
const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>AstraAPI</title></head>
<body>
<h1>AstraAPI</h1>
<p>${about}</p>
<ul>
${Object.entries(links)
  .map(([path, what]) => `<li><a href="${path}">${path}</a>: ${what}</li>`)
  .join('\n')}
</ul>
<p>All but the first ask for a key, which a browser does not send:
<code>curl -H "${key.replace('<', '&lt;')}" …/openapi.json</code>.
The platform team makes keys, by <code>astraapi keys create</code>.</p>
<p>${docs}</p>
</body>
</html>
`

/** In words for a browser, as JSON for anybody else. */
export function mountFrontPage(http: FastifyInstance): void {
  for (const path of frontPaths) {
    http.get(path, ({ headers }, reply) => {
      const asPage = headers.accept?.includes('text/html') ?? false
      return reply
        .headers({
          vary: 'Accept',
          'content-security-policy': "default-src 'none'",
          'x-content-type-options': 'nosniff',
        })
        .header('content-type', `${asPage ? 'text/html' : 'application/json'}; charset=utf-8`)
        .send(asPage ? html : json)
    })
  }
}
