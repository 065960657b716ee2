import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { decodeInferRequest, encodeInferResponse, type Signature } from '@astraapi/oip'

/** What the upstream does with a call; by default it says the text back. */
export interface Script {
  readonly delayMs?: number
  /** Answers with this status and an error. */
  readonly status?: number
  /** Closes the connection before any answer. */
  readonly cut?: boolean
  /** Says this instead. */
  readonly answer?: string
}

const signature: Signature = {
  inputs: [
    { name: 'script', datatype: 'BYTES', shape: [-1] },
    { name: 'text', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
}

/** A server of the Open Inference Protocol whose every model does what the input `script`, a JSON text, tells it to. */
export async function startScriptedUpstream(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const work = request.url?.endsWith('/infer') ? infer(request, response) : describe(request, response)
    work.catch((error) => response.destroy(error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Metadata of a version or of the server; health and loading come to the same: 200. */
async function describe({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, name, version] = /^\/v2\/models\/([^/]+)\/versions\/([^/]+)$/.exec(url) ?? []
  const metadata = { name, versions: [version], platform: 'scripted', ...signature }
  send(response, 200, JSON.stringify(name ? metadata : { name: 'scripted', version: '1', extensions: [] }))
}

async function infer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, model = '', version = ''] = /models\/([^/]+)\/versions\/([^/]+)\/infer$/.exec(request.url ?? '') ?? []
  const { inputs, outputs: wanted } = decodeInferRequest(await buffer(request), undefined, signature)
  const [scripts, texts] = inputs
  const script: Script = JSON.parse(String(scripts?.data[0]))
  if (script.delayMs) await new Promise((resolve) => setTimeout(resolve, script.delayMs))
  if (script.cut) return void response.destroy()
  if (script.status) return send(response, script.status, JSON.stringify({ error: 'the upstream was told to' }))
  const data = script.answer === undefined ? (texts?.data as readonly string[]) : [script.answer]
  const outputs = [{ name: 'text', datatype: 'BYTES', shape: [data.length], data } as const]
  send(response, 200, String(encodeInferResponse({ model, version, outputs }, wanted).body))
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}
