import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import type { Environment } from './flags.ts'
import { runCli } from './main.ts'
import { createScreen } from './screen.ts'

export interface Asked {
  /** "GET /api/v1/calls?limit=1" */
  readonly request: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface FakeReply {
  readonly status?: number
  readonly type?: string
  readonly body: unknown
}

/** A gateway for tests that answers from a table ("GET /path", with its query or for any), and a way to run commands against it. */
export async function fakeGateway(context: TestContext, replies: Readonly<Record<string, FakeReply>>) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const sent = await text(request)
    asked.push({ request: `${method} ${url}`, headers, body: sent === '' ? undefined : JSON.parse(sent) })
    const reply = replies[`${method} ${url}`] ?? replies[`${method} ${url.split('?')[0]}`] ?? missing
    response.writeHead(reply.status ?? 200, { 'content-type': reply.type ?? 'application/json' })
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const listen = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const env = { ASTRA_LISTEN: listen, ASTRA_KEY: 'astra_test' }
  return { listen, asked, run: (argv: readonly string[], more: Surroundings = {}) => runWith(argv, { env, ...more }) }
}

export interface Surroundings {
  readonly env?: Environment
  readonly stdin?: string
  readonly confirm?: (question: string) => Promise<boolean>
  readonly colours?: boolean
}

/** Runs one command line; gives its exit code and what it wrote. */
export async function runWith(
  argv: readonly string[],
  { env = {}, stdin = '', confirm, colours = false }: Surroundings,
) {
  const written = { out: '', notes: '' }
  const screen = (name: keyof typeof written) => {
    const write = (text: string) => {
      written[name] += text
    }
    return createScreen({ write }, colours)
  }
  const io = {
    out: screen('out'),
    notes: screen('notes'),
    env,
    stdin: async () => stdin,
    ...(confirm ? { confirm } : {}),
  }
  const code = await runCli(argv, io)
  return { code, ...written }
}

const missing: FakeReply = { status: 404, body: { code: 'unknown_route', detail: 'No such path' } }
