import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startFakeGateway } from './fake-gateway.ts'
import { runTsc } from './run-tsc.ts'
import { json, spamAnswer, stream, wholeStory } from './wire.ts'

const script = `
import { createAstra } from './index.js'
import { generateTypes } from './generate/index.js'
const model = createAstra({ url: process.argv[2], key: 'k' }).model('spam', 'v1')
const { output } = await model.predict({ text: 'a' })
const chunks = []
for await (const chunk of model.stream({ text: 'a' })) chunks.push(chunk.text)
const types = generateTypes({ astra: 'contracts/1', models: {} })
console.log(JSON.stringify([output.label, chunks.join(''), types.includes('interface Models')]))
`

test('the build knows ES2022 and the web alone, no Node.js, and runs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'astra-build-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { output } = runTsc(['-p', 'tsconfig.build.json', '--outDir', folder], join(import.meta.dirname, '..'))
  assert.equal(output, '')

  const files = globSync('**/*.js', { cwd: folder })
  assert.ok(files.includes('index.js') && files.includes(join('generate', 'index.js')))
  const imports = files.flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/ from '([^']+)'/g)])
  assert.ok(imports.length > 20)
  for (const [, specifier] of imports) assert.match(specifier ?? '', /^\.\.?\/.+\.js$/)

  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'script.js'), script)
  const gateway = await startFakeGateway(t, json(200, spamAnswer), stream(...wholeStory))
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'script.js'), gateway.url])
  assert.deepEqual(JSON.parse(stdout), ['spam', 'Once upon a time', true])
})
