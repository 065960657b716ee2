import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stringify } from 'yaml'
import { applied, emptyCatalog, planYaml } from './testing/planning.ts'

const manifest = (capture: unknown, contract: object = { task: 'chat' }) =>
  stringify({
    models: { m: { owner: 'me', contracts: { v1: { ...contract, versions: { 1: { backend: 'echo' } }, capture } } } },
  })

async function faultsOf(redact: readonly string[], contract?: object): Promise<string[]> {
  const { faults } = await planYaml(manifest({ payload: 'redacted', redact }, contract))
  return faults.map(({ path, message, suggestion }) => [path.split('.').at(-1), message, suggestion ?? ''].join(' | '))
}

const text = { type: 'string' }
const form = (properties: object) => ({ type: 'object', properties, additionalProperties: false })
const custom = {
  streams: false,
  input: form({
    name: text,
    'a/b~c': text,
    pair: { type: 'array', prefixItems: [form({ left: text }), form({ right: text })] },
    free: { type: 'object', additionalProperties: true },
    tags: { type: 'object', additionalProperties: form({ note: text }) },
    either: { oneOf: [text, form({ inner: text })] },
  }),
  output: form({ choices: { type: 'array', items: form({ content: text }) } }),
}

describe('pointers', () => {
  it('that lead somewhere are taken: into lists, maps, tuples, alternatives, and whatever may stand there', async () => {
    const taken = [
      ...['/input', '/output', '/input/name', '/input/a~1b~0c', '/input/pair/0/left', '/input/pair/*/right'],
      ...['/input/free/x/0/y', '/input/tags/any/note', '/input/tags/*/note', '/input/either/inner', '/input/*'],
      ...['/output/choices', '/output/choices/*', '/output/choices/0/content', '/output/choices/*/content'],
    ]
    assert.deepEqual(await faultsOf(taken, custom), [])
    const chat = ['/input/messages/*/content', '/input/messages/*/content/*/text', '/output/choices/*/content']
    assert.deepEqual(await faultsOf(chat), [])
  })

  it('that lead nowhere are refused, with what was meant', async () => {
    const refused = [
      ...['/input/nam', '/output/choices/content', '/input/pair/2', '/input/pair/0/right', '/input/name/x'],
      ...['/output/choices/01', '/input/tags/any/notte', '/outputs', 'input/name'],
    ]
    const below = (pointer: string) => `must be a JSON Pointer below "/input" or "/output": "${pointer}"`
    const begin = 'Begin with "/input" or "/output", as in "/input/text".'
    assert.deepEqual(await faultsOf(refused, custom), [
      '0 | names nothing in the input: there is no "/input/nam" | Did you mean "/input/name"?',
      '1 | names nothing in the output: there is no "/output/choices/content" | Did you mean "/output/choices/*/content"?',
      '2 | names nothing in the input: there is no "/input/pair/2" | ',
      '3 | names nothing in the input: there is no "/input/pair/0/right" | ',
      '4 | names nothing in the input: there is no "/input/name/x" | ',
      '5 | names nothing in the output: there is no "/output/choices/01" | ',
      '6 | names nothing in the input: there is no "/input/tags/any/notte" | Did you mean "/input/tags/any/note"?',
      `7 | ${below('/outputs')} | ${begin}`,
      `8 | ${below('input/name')} | ${begin}`,
    ])
  })
})

describe('the plan of what is captured', () => {
  it('tells it as a change of its own, and that full keeps everything', async () => {
    const redacting = await applied(manifest({ payload: 'redacted', share: 0.1, redact: ['/input/messages'] }))
    assert.deepEqual(
      (await planYaml(manifest({ payload: 'redacted', share: 0.1, redact: ['/input/messages'] }), redacting)).changes,
      [],
    )
    const { changes, notes } = await planYaml(manifest({ payload: 'full', keep: '7d' }), redacting)
    assert.deepEqual(changes, [
      {
        action: 'change',
        what: 'capture m@v1',
        before: 'payload: redacted, share: 10 %, keep: 30d, redact: /input/messages',
        after: 'payload: full, share: 100 %, keep: 7d',
        breaking: false,
      },
    ])
    const note = notes.filter((one) => one.includes('capture'))
    assert.equal(note.length, 1)
    assert.match(note[0] ?? '', /^m@v1: capture with payload: full keeps what every call asked .* for 7d/)
  })

  it('says nothing where none is declared', async () => {
    const { changes, notes } = await planYaml(manifest(undefined), emptyCatalog)
    assert.deepEqual(
      changes.filter(({ what }) => what.startsWith('capture')),
      [],
    )
    assert.deepEqual(
      notes.filter((one) => one.includes('capture')),
      [],
    )
  })
})
