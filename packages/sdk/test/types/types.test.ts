import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { generateTypes } from '../../src/generate/index.ts'
import { runTsc } from '../run-tsc.ts'

/** The proof that a wrong field is a compile error: the compiler itself, run over files that are right and wrong. */

const folder = import.meta.dirname
const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8')
const strict = [
  ...['--ignoreConfig', '--noEmit', '--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes'],
  ...[
    '--target',
    'esnext',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--allowImportingTsExtensions',
    '--skipLibCheck',
  ],
]

test('the committed types are what the committed contracts generate', () => {
  assert.equal(generateTypes(JSON.parse(read('contracts.json'))), read('generated/astra-models.ts'))
})

test('right calls compile', () => {
  const { status, output } = runTsc([...strict, 'good.ts'], folder)
  assert.equal(output, '')
  assert.equal(status, 0)
})

test('each wrong call is refused at its line, with its error', () => {
  const name = 'wrong.type-test-failing.ts'
  const expected = read(name)
    .split('\n')
    .flatMap((text, i) => {
      const code = /\/\/ (TS\d+) /.exec(text)?.[1]
      return code ? [{ file: name, line: i + 1, code }] : []
    })
  const { status, errors } = runTsc([...strict, name], folder)
  assert.notEqual(status, 0)
  assert.ok(expected.length > 20)
  assert.deepEqual(errors, expected)
})
