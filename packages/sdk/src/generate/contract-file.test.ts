import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { InputError } from '../errors.ts'
import { readContractFile } from './contract-file.ts'
import { generateTypes } from './generate-types.ts'

const fixture = readFileSync(new URL('../../test/types/contracts.json', import.meta.url), 'utf8')

const otherFiles: readonly (readonly [what: string, value: unknown, detail: RegExp, next: RegExp])[] = [
  ['nothing', undefined, /does not say "astra": "contracts\/1"/, /GET \/api\/v1\/contracts/],
  ['text that was not parsed', fixture, /no contract file/, /the parsed JSON/],
  ['an OpenAPI document', { openapi: '3.1.0', paths: {} }, /no contract file/, /GET \/api\/v1\/contracts/],
  ['a problem', { code: 'unauthenticated', status: 401 }, /no contract file/, /GET/],
  ['a newer form', { astra: 'contracts/2', models: {} }, /form "contracts\/2"/, /Update @astraapi\/sdk/],
]

for (const [what, value, detail, next] of otherFiles) {
  test(`refused: ${what}`, () => {
    assert.throws(() => generateTypes(value), { name: 'InputError', code: 'invalid_contracts', detail, next })
  })
}

const faults: readonly (readonly [
  what: string,
  at: readonly string[],
  value: unknown,
  path: string,
  message: RegExp,
])[] = [
  ['no models', ['models'], undefined, '/models', /must be an object/],
  ['a model that is none', ['models', 'spam'], 7, '/models/spam', /must be an object/],
  ['a name that is none', ['models', 'Spam!'], {}, '/models/Spam!', /no name of a model/],
  ['no owner', ['models', 'spam', 'owner'], undefined, '/models/spam/owner', /must be text/],
  ['no contracts', ['models', 'spam', 'contracts'], [], '/models/spam/contracts', /must be an object/],
  ['a major that is none', [...v1().slice(0, -1), '1'], {}, '/models/spam/contracts/1', /no major version/],
  ['a contract that is none', v1(), null, v1Path(), /must be an object/],
  ['streams left out', v1('streams'), undefined, v1Path('streams'), /true or false/],
  ['examples that are no list', v1('examples'), {}, v1Path('examples'), /list of objects/],
  ['deprecated without since', v1('deprecated'), {}, v1Path('deprecated'), /"since"/],
  ['no input', v1('input'), undefined, v1Path('input'), /must be a schema/],
  ['a keyword outside the subset', v1('input', '$ref'), '#/a', v1Path('input', '$ref'), /no keyword of contracts/],
  ['an inherited keyword', v1('input', 'valueOf'), 1, v1Path('input', 'valueOf'), /no keyword/],
  ['a type that is none', v1('output', 'type'), 'file', v1Path('output', 'type'), /a value it cannot have/],
  ['two types', v1('output', 'type'), ['string', 'number'], v1Path('output', 'type'), /cannot have/],
  ['an empty enum', v1('output', 'enum'), [], v1Path('output', 'enum'), /cannot have/],
  [
    'a fault deep inside',
    v1('input', 'properties', 'text', 'items'),
    { enum: [{}] },
    v1Path('input', 'properties', 'text', 'items', 'enum'),
    /cannot have/,
  ],
  ['a wrong chunk', v1('chunk'), { oneOf: ['x'] }, v1Path('chunk', 'oneOf', '0'), /must be a schema/],
  [
    'a tuple with a fault',
    v1('chunk'),
    { prefixItems: [{ type: 1 }] },
    v1Path('chunk', 'prefixItems', '0', 'type'),
    /cannot/,
  ],
  [
    'a map with a fault',
    v1('chunk'),
    { additionalProperties: { not: {} } },
    v1Path('chunk', 'additionalProperties', 'not'),
    /no keyword/,
  ],
]

for (const [what, at, value, path, message] of faults) {
  test(`named with its place: ${what}`, () => {
    const violations = violationsOf(changed(at, value))
    assert.deepEqual(
      violations.map((each) => each.path),
      [path],
    )
    assert.match(violations[0]?.message ?? '', message)
  })
}

test('every fault is named, not the first alone', () => {
  const file = changed(v1('streams'), 'yes')
  const twice = structuredClone(file) as { models: Record<string, { owner: unknown }> }
  for (const model of Object.values(twice.models)) model.owner = 1
  assert.equal(violationsOf(twice).length, 5)
})

test('a schema too deep to read is refused, not a stack overflow', () => {
  let schema: object = {}
  for (let depth = 0; depth < 50_000; depth++) schema = { items: schema }
  assert.match(violationsOf(changed(v1('input'), schema))[0]?.message ?? '', /nests deeper/)
})

test('a right file passes as it is', () => {
  const file: unknown = JSON.parse(fixture)
  assert.equal(readContractFile(file), file)
})

function v1(...below: readonly string[]): readonly string[] {
  return ['models', 'spam', 'contracts', 'v1', ...below]
}

function v1Path(...below: readonly string[]): string {
  return `/${v1(...below).join('/')}`
}

/** The fixture with one place of it changed. */
function changed(path: readonly string[], value: unknown): unknown {
  const file: unknown = JSON.parse(fixture)
  const parent = path.slice(0, -1).reduce((at, key) => (at as Record<string, unknown>)[key], file)
  Object.assign(parent as object, { [path.at(-1) ?? '']: value })
  return file
}

function violationsOf(file: unknown) {
  try {
    readContractFile(file)
  } catch (error) {
    if (error instanceof InputError) return error.violations
    throw error
  }
  return []
}
