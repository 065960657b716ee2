import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AttemptContext } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import { compileSchema } from '../../kernel/schema/validator.ts'
import { fixtureVersion } from '../testing/fixture-version.ts'
import { createEchoBackend } from './echo.ts'
import type { EchoSettings } from './script.ts'
import type { Wait } from './wait.ts'

const context: AttemptContext = {
  signal: new AbortController().signal,
  callId: 'call',
  traceparent: '',
  tracestate: undefined,
}

/** An echo whose time passes at once, and is written down. */
function open(settings: EchoSettings) {
  const waits: number[] = []
  const wait: Wait = async (ms) => void waits.push(ms)
  const backend = createEchoBackend({ wait })
  const version = fixtureVersion('echo', { ...settings })
  assert.equal(compileSchema(backend.settings)(settings, ''), undefined, 'the settings are valid')
  return {
    waits,
    backend,
    predict: (...inputs: unknown[]) => backend.predict(version, 'gateway', inputs, context),
    async stream(input: unknown) {
      const events: unknown[] = []
      assert.ok(backend.stream)
      for await (const event of backend.stream(version, 'gateway', input, context)) {
        events.push(event.type === 'chunk' ? event.chunk : event)
      }
      return events
    },
  }
}

const text = { text: 'Once upon a time' }

test('the input comes back, or the fixed answer', async () => {
  assert.deepEqual(await open({}).predict(text, 7), { items: [{ output: text }, { output: 7 }] })
  assert.deepEqual(await open({ answer: null }).predict(text), { items: [{ output: null }] })
  assert.deepEqual(await open({ answer: { label: 'ham' } }).predict(text), { items: [{ output: { label: 'ham' } }] })
})

test("an output is nobody else's: to change it changes neither input nor settings", async () => {
  const input = { text: 'x', extra: 1 }
  const answer = { label: 'ham', extra: 1 }
  for (const echo of [open({}), open({ answer })]) {
    const [item] = (await echo.predict(input)).items
    assert.ok(item && 'output' in item)
    Reflect.deleteProperty(Object(item.output), 'extra')
  }
  assert.deepEqual([input.extra, answer.extra], [1, 1])
})

test('delayMs passes before the answer, and before a failure', async () => {
  const slow = open({ delayMs: 250 })
  await slow.predict(text)
  assert.deepEqual(slow.waits, [250])
  const failing = open({ delayMs: 250, fail: 'failed' })
  await assert.rejects(failing.predict(text), { code: 'upstream_failed' })
  assert.deepEqual(failing.waits, [250])
})

test('failEvery: exactly every n-th input fails, over calls and batches', async () => {
  const echo = open({ fail: 'failed', failEvery: 3 })
  const { items } = await echo.predict(1, 2, 3, 4, 5, 6, 7)
  assert.deepEqual(
    items.map((item) => 'error' in item),
    [false, false, true, false, false, true, false],
  )
  assert.deepEqual(await echo.predict(8), { items: [{ output: 8 }] })
  await assert.rejects(echo.predict(9), { code: 'upstream_failed' })
})

test('usage is added up over the items, and ends a stream', async () => {
  const echo = open({ usage: { inputTokens: 3, outputTokens: 5 } })
  assert.deepEqual((await echo.predict(text, text)).usage, { inputTokens: 6, outputTokens: 10 })
  assert.deepEqual(await echo.stream(1), [1, { type: 'usage', usage: { inputTokens: 3, outputTokens: 5 } }])
})

test('words stream one by one, with the interval between them', async () => {
  const echo = open({ words: 'text', delayMs: 100, intervalMs: 40 })
  assert.deepEqual(await echo.stream(text), [{ text: 'Once ' }, { text: 'upon ' }, { text: 'a ' }, { text: 'time' }])
  assert.deepEqual(echo.waits, [100, 40, 40, 40])
  assert.deepEqual(await echo.predict(text), { items: [{ output: text }] })
})

test('joined together, the words are the text', async () => {
  const echo = open({ words: 'text' })
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', '\n', '\u00a0') }), async (given) => {
      const chunks = await echo.stream({ text: given })
      assert.equal(chunks.map((chunk) => Reflect.get(Object(chunk), 'text')).join(''), given)
    }),
  )
})

test('fixed chunks stream as they are; without either the output is the only chunk', async () => {
  assert.deepEqual(await open({ chunks: [1, { a: 2 }] }).stream(text), [1, { a: 2 }])
  assert.deepEqual(await open({}).stream(text), [text])
  assert.deepEqual(await open({ words: 'other' }).stream(text), [])
})

test('a cut comes after so many chunks, the last one included', async () => {
  for (const cutAfter of [0, 1, 2]) {
    const echo = open({ chunks: ['a', 'b'], cutAfter })
    await assert.rejects(echo.stream(text), { code: 'upstream_failed' })
    await assert.rejects(echo.predict(text), { code: 'upstream_failed' })
  }
})

test('hangAfter waits for ever, whole answers from the start', async () => {
  const echo = open({ chunks: ['a', 'b'], hangAfter: 2 })
  await echo.stream(text)
  await echo.predict(text)
  assert.deepEqual(echo.waits, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
})

test('an input brings its own script only where the settings allow it', async () => {
  const input = { ...text, echo: { answer: 'mine', delayMs: 9 } }
  const scripted = open({ scripted: true, delayMs: 5 })
  assert.deepEqual(await scripted.predict(input, { ...text, echo: {} }), {
    items: [{ output: 'mine' }, { output: text }],
  })
  assert.deepEqual(scripted.waits, [9, 5])
  assert.deepEqual(await open({}).predict(input), { items: [{ output: input }] })
})

test('a script that is none is refused at its place, and spares its siblings', async () => {
  const { items } = await open({ scripted: true }).predict({ echo: { delayMs: -1 } }, text)
  const [first, second] = items
  assert.ok(first && 'error' in first && first.error instanceof AstraError)
  assert.equal(first.error.code, 'invalid_input')
  assert.equal(first.error.facts.violations?.[0]?.path, '/echo/delayMs')
  assert.deepEqual(second, { output: text })
})

test('defaults are spelt out, and it has one digest', async () => {
  const { backend } = open({})
  const defaults = { delayMs: 0, failEvery: 1, intervalMs: 0, scripted: false }
  assert.deepEqual(backend.withDefaults({ delayMs: 5 }, 'm', '1'), { ...defaults, delayMs: 5 })
  const { digest } = await backend.inspect({ settings: {}, replicas: [] }, new AbortController().signal)
  assert.match(digest ?? '', /^sha256:[0-9a-f]{64}$/)
})
