import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const deployed = (name: string, major: string, task: string) => ({
  name,
  defaultMajor: major,
  contracts: [{ major, task }],
})
const models = [
  deployed('spam', 'v2', 'classification'),
  deployed('chat', 'v1', 'chat'),
  deployed('tale', 'v1', 'completion'),
]
const deployments = { body: { models, revision: 1 } }
const answer = {
  id: 'call-1',
  model: 'spam',
  version: '1.1',
  output: { label: 'spam' },
  cached: false,
  usage: { items: 1 },
}
const path = 'POST /models/spam/v2/predict'
const replies = { 'GET /api/v1/deployments': deployments, [path]: { body: answer } }

test('predict calls the default major and prints the output; the call is a note', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  const { code, out, notes } = await run(['predict', 'spam', '--text', 'You have won'])
  assert.deepEqual([code, out], [0, '{\n  "label": "spam"\n}\n'])
  assert.equal(notes, 'spam 1.1; astraapi explain call-1\n')
  assert.deepEqual(asked[1]?.body, { input: { text: 'You have won' } })
  assert.equal(asked[1]?.headers.authorization, 'Bearer astra_test')
})

test('predict takes JSON, stdin and call options; a given major is not asked for', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  const options = ['--major', '2', '--version-pin', '1.1', '--unit', 'u']
  assert.equal((await run(['predict', 'spam', '{"text":"a"}', ...options])).code, 0)
  assert.equal((await run(['predict', 'spam@v2', '-'], { stdin: '[1]' })).code, 0)
  assert.deepEqual(
    asked.map(({ request, body }) => [request, body]),
    [
      [path, { input: { text: 'a' } }],
      [path, { input: [1] }],
    ],
  )
  assert.equal(asked[0]?.headers['astra-version'], '1.1')
  assert.equal(asked[0]?.headers['astra-unit'], 'u')
})

test('--json prints the answer as it came, numbers that JavaScript would round included', async (context) => {
  const body = '{"id":"call-1","output":{"n":9007199254740993}}'
  const { run } = await fakeGateway(context, { [path]: { body } })
  const { out, notes } = await run(['predict', 'spam', '1', '--major', 'v2', '--json'])
  assert.deepEqual([out, notes], [`${body}\n`, ''])
})

test('2 for an input that is missing, twice given, or no JSON; nothing is sent', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  for (const [argv, said] of [
    [['predict', 'spam'], /one of them/],
    [['predict', 'spam', '1', '--text', 'a'], /one of them/],
    [['predict', 'spam', 'hello'], /not JSON.*--text/],
    [['predict', 'spam', '1', '--major', 'x'], /"x" is no major/],
  ] as const) {
    const { code, notes, out } = await run(argv)
    assert.deepEqual([code, out], [2, ''])
    assert.match(notes, said)
  }
  assert.deepEqual(asked, [])
})

test('1 when the call is refused: what, where, what next, and the call id', async (context) => {
  const body = {
    code: 'invalid_input',
    title: 'The input does not fit the contract',
    detail: 'The input does not fit',
    next: 'Correct the places that are named.',
    callId: 'call-1',
    errors: [
      { path: '/input/txt', message: 'is not a field', suggestion: 'Did you mean "text"?' },
      { path: '/input', message: 'does not fit' },
      { path: '', message: 'is odd' },
    ],
  }
  const { run } = await fakeGateway(context, { [path]: { status: 422, type: 'application/problem+json', body } })
  const { code, out, notes } = await run(['predict', 'spam', '{"txt":1}', '--major', 'v2'])
  assert.deepEqual([code, out], [1, ''])
  assert.equal(
    notes,
    [
      'The input does not fit (invalid_input)',
      '  /input/txt: is not a field. Did you mean "text"?',
      '  /: is odd.',
      'Correct the places that are named.',
      'Call call-1\n',
    ].join('\n'),
  )
})

function stream(...events: readonly (readonly [event: string, data: unknown])[]) {
  const body = events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('')
  return { [path]: { type: 'text/event-stream', body } }
}

const start = ['answer-start', { id: 'call-1', model: 'spam', version: '1.1' }] as const

test('--stream prints text as it comes, other chunks as lines, and says which call it was', async (context) => {
  const { run, asked } = await fakeGateway(
    context,
    stream(start, ['chunk', { text: 'Hé' }], ['chunk', { text: 'llo' }], ['chunk', { n: 1 }], ['answer-end', {}]),
  )
  const { code, out, notes } = await run(['predict', 'spam', '1', '--major', 'v2', '--stream'])
  assert.deepEqual([code, out, notes], [0, 'Héllo{"n":1}\n\n', 'spam 1.1; astraapi explain call-1\n'])
  assert.equal(asked[0]?.headers.accept, 'text/event-stream')
})

test('1 for a stream that fails, and for one that is cut', async (context) => {
  const failing = await fakeGateway(
    context,
    stream(start, ['error', { code: 'upstream_failed', detail: 'The model failed' }]),
  )
  const argv = ['predict', 'spam', '1', '--major', 'v2', '--stream']
  const failed = await failing.run(argv)
  assert.deepEqual([failed.code, failed.notes], [1, 'The model failed (upstream_failed)\n'])
  const cutting = await fakeGateway(context, stream(start, ['chunk', { text: 'half' }]))
  const cut = await cutting.run(argv)
  assert.deepEqual([cut.code, cut.out], [1, 'half'])
  assert.match(cut.notes, /not the whole/)
})

test('--text is what the user says to a chat, and the prompt of a completion', async (context) => {
  const stream = [
    'event: answer-start\ndata: {"id":"call-1","model":"chat","version":"1.0"}\n\n',
    'event: chunk\ndata: {"type":"text-delta","choice":0,"text":"Hel"}\n\n',
    'event: chunk\ndata: {"type":"text-delta","choice":0,"text":"lo"}\n\n',
    'event: chunk\ndata: {"type":"choice-end","choice":0,"finishReason":"stop"}\n\n',
    'event: answer-end\ndata: {"usage":{"items":1}}\n\n',
  ].join('')
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/deployments': deployments,
    'POST /models/chat/v1/predict': { type: 'text/event-stream', body: stream },
    'POST /models/tale/v1/predict': { body: answer },
  })
  const { out } = await run(['predict', 'chat', '--text', 'Hi', '--stream'])
  assert.equal(out, 'Hello\n')
  assert.equal((await run(['predict', 'tale', '--text', 'Hi', '--major', 'v1'])).code, 0)
  assert.deepEqual(
    asked.filter(({ body }) => body !== undefined).map(({ body }) => body),
    [{ input: { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] } }, { input: { prompt: 'Hi' } }],
  )
})
