import assert from 'node:assert/strict'
import { createServer, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { StreamEvent } from '../../../kernel/answer.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { writeStream } from './write-stream.ts'

const head = { kind: 'stream', callId: 'call-1', model: 'spam', major: 1, version: '1.0', cached: false } as const
const end: StreamEvent = { type: 'answer-end', usage: { items: 1 } }
const relayed = (text: string): StreamEvent => ({ type: 'relayed', bytes: Buffer.from(text) })
const noWriter = () => assert.fail('nothing is to be told')

/** Serves one request by `respond`, and gives what its client reads. */
async function served(t: TestContext, respond: (response: ServerResponse) => Promise<void>) {
  let responded: Promise<void> | undefined
  const server = createServer((_, response) => {
    responded = respond(response)
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const sent = request({ port, host: '127.0.0.1', agent: false })
  sent.on('error', () => {})
  const received = new Promise<string>((resolve) => {
    sent.on('response', async (response) => {
      let text = ''
      try {
        for await (const piece of response.setEncoding('utf8')) text += piece
      } catch {
        // It was cut off.
      }
      resolve(text)
    })
  })
  sent.end()
  return { sent, received, done: async () => responded }
}

async function* events(...list: readonly (StreamEvent | Error)[]): AsyncGenerator<StreamEvent> {
  for (const one of list) {
    if (one instanceof Error) throw one
    yield one
  }
}

test('each piece goes out as it comes', async (t) => {
  const next = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  async function* slow(): AsyncGenerator<StreamEvent> {
    yield relayed('data: 1\n\n')
    await next[0]?.promise
    yield relayed('data: 2\n\n')
    await next[1]?.promise
    yield end
  }
  const { sent, received } = await served(t, (response) =>
    writeStream(response, { ...head, events: slow() }, noWriter, () => assert.fail('it did not break off')),
  )
  const pieces: string[] = []
  sent.on('response', (response) =>
    response.on('data', (piece) => {
      pieces.push(String(piece))
      next[pieces.length - 1]?.resolve()
    }),
  )
  await received
  assert.deepEqual(pieces, ['data: 1\n\n', 'data: 2\n\n'])
})

test('an error ends it by the error event of the protocol, which knows what came before', async (t) => {
  const cut = new AstraError('upstream_failed')
  const { received } = await served(t, (response) =>
    writeStream(response, { ...head, events: events(relayed('data: 1\n\n'), cut) }, noWriter, ({ code }, last) => {
      assert.equal(last.toString(), 'data: 1\n\n')
      return `error: ${code}\n\n`
    }),
  )
  assert.equal(await received, 'data: 1\n\nerror: upstream_failed\n\n')
})

test('a chunk that cannot be told ends it so too', async (t) => {
  const writer = {
    start: () => 'start\n\n',
    chunk() {
      throw new Error('a secret place in the code')
    },
    end: () => 'end\n\n',
  }
  const failed: string[] = []
  const fail = async ({ code }: AstraError) => void failed.push(code)
  const { received } = await served(t, (response) =>
    writeStream(
      response,
      { ...head, events: events({ type: 'chunk', chunk: 1 }, end), fail },
      () => writer,
      ({ code }) => `error: ${code}\n\n`,
    ),
  )
  assert.equal(await received, 'error: internal\n\n')
  assert.deepEqual(failed, ['internal'])
})

test('a caller who leaves ends the loop, and so the call', async (t) => {
  const left = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  async function* endless(): AsyncGenerator<StreamEvent> {
    try {
      yield relayed('data: 1\n\n')
      await gone.promise
      for (;;) yield relayed('data: more\n\n')
    } finally {
      left.resolve()
    }
  }
  const { sent, done } = await served(t, (response) => {
    response.on('close', gone.resolve)
    return writeStream(response, { ...head, events: endless() }, noWriter, () => assert.fail('nobody reads it'))
  })
  sent.on('response', () => sent.destroy())
  await left.promise
  await done()
})
