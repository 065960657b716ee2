import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { generateTypes } from '../src/generate/index.ts'
import { type Handler, startFakeGateway } from './fake-gateway.ts'
import { runTsc } from './run-tsc.ts'
import { callId, head, json, problem, spamAnswer, stream, wholeStory } from './wire.ts'

/** The README's examples, one after the other as one program: compiled, then run. */

const folder = import.meta.dirname
const contracts: unknown = JSON.parse(readFileSync(join(folder, 'types/contracts.json'), 'utf8'))
const modules: Readonly<Record<string, string>> = {
  '@astraapi/sdk/generate': join(folder, '../src/generate/index.ts'),
  '@astraapi/sdk': join(folder, '../src/index.ts'),
}

function examples(): string {
  const readme = readFileSync(join(folder, '../README.md'), 'utf8')
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code ?? '')
  assert.ok(blocks.length >= 10)
  return blocks.join('\n').replaceAll(/ from '(@astraapi[^']+)'/g, (_, name) => ` from '${modules[name]}'`)
}

const play: Handler = (response, request) => {
  const input = (request.body as { input?: { text?: string } } | undefined)?.input
  const rows: readonly (readonly [boolean, Handler])[] = [
    [request.path.startsWith('/api/v1/feedback'), json(200, { call: callId })],
    [request.path.startsWith('/api/v1/calls'), json(200, { calls: [] }, { etag: '"7"' })],
    [request.path.startsWith('/api/v1/contracts'), json(200, contracts)],
    [request.path.startsWith('/models/story/'), stream(...wholeStory)],
    [
      (input?.text?.length ?? 0) > 1_000_000,
      problem('invalid_input', 422, { errors: [{ path: '/text', message: 'is too long' }] }),
    ],
    [input !== undefined, json(200, spamAnswer)],
  ]
  const results = [
    { output: spamAnswer.output },
    { error: { code: 'invalid_input', title: 'T', detail: 'D', next: 'N' } },
  ]
  const batch = json(200, { ...head, results, cached: false, usage: { items: 2 } })
  const [, handler] = rows.find(([applies]) => applies) ?? [true, batch]
  handler(response, request)
}

test('the examples compile and run', async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'astra-readme-'))
  t.after(() => rmSync(scratch, { recursive: true }))
  const importFrom = modules['@astraapi/sdk'] ?? ''
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}')
  writeFileSync(join(scratch, 'astra-models.ts'), generateTypes(contracts, { importFrom }))
  writeFileSync(join(scratch, 'examples.ts'), examples())

  const types = join(folder, '../../../node_modules/@types')
  const { output } = runTsc(
    [
      ...['--ignoreConfig', '--noEmit', '--strict', '--noUncheckedIndexedAccess', '--skipLibCheck'],
      ...['--target', 'esnext', '--module', 'nodenext', '--allowImportingTsExtensions'],
      ...['--types', 'node', '--typeRoots', types, 'examples.ts'],
    ],
    scratch,
  )
  assert.equal(output, '')

  const gateway = await startFakeGateway(t, play)
  const env = { ...process.env, ASTRA_URL: gateway.url, ASTRA_KEY: 'k' }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(scratch, 'examples.ts')], { env })
  const said = [`spam 0.98 by version 1.1, call ${callId}`, 'told by 1.1', 'Once upon a time4 tokens', 'cancelled']
  for (const text of [...said, '{ calls: [] } 7', 'export interface Models {']) assert.ok(stdout.includes(text), text)
  assert.match(stderr, /invalid_input D/)
  assert.match(stderr, /path: '\/text', message: 'is too long'/)
})
