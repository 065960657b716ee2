import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { canonical } from '../plan/digest.ts'
import { applied, contractOf, planYaml } from '../plan/testing/planning.ts'
import { readManifest } from './read-manifest.ts'
import { writeManifest } from './write-manifest.ts'

/** The contract stands on line 2, its drift on line 3. */
const declared = (drift: string, fields = 'task: classification, labels: [ham, spam]') =>
  `models:\n  m: {owner: me, contracts: {v1: {${fields}, versions: {"1": {backend: echo}},\n    drift: {${drift}}}}}\n`
const at = 'models.m.contracts.v1.drift'

const faultsOf = (yaml: string): string[] => {
  const read = readManifest(yaml)
  if (!('faults' in read)) return []
  return read.faults.map(({ line, path, message, suggestion }) =>
    [`${line}`, path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  )
}

const both = 'Say "from" and "to" for days, or "first" for so many first values of each version.'
const window = 'must be a duration such as 6h or 1d, from 1h to 30d'

const faulty: Readonly<Record<string, readonly [yaml: string, ...faults: string[]]>> = {
  'a window that is none, too short or too long': [declared('window: 31d'), `3 | ${at}.window | ${window}`],
  'a window of minutes': [declared('window: 5m'), `3 | ${at}.window | ${window}`],
  'both kinds of reference': [
    declared('reference: {from: 2026-11-01, to: 2026-11-08, first: 100}'),
    `3 | ${at}.reference | is either days or first values, not both | ${both}`,
  ],
  'half a reference': [
    declared('reference: {from: 2026-11-01}'),
    `3 | ${at}.reference | needs both "from" and "to", or "first" | ${both}`,
  ],
  'a reference that ends before it begins': [
    declared('reference: {from: 2026-11-08, to: 2026-11-01}'),
    `3 | ${at}.reference.to | must not come before 2026-11-08`,
  ],
  'a mistyped field': [
    declared('features: {words: {of: input, at: /txt, as: length}}'),
    `3 | ${at}.features.words.at | names no field of the input: "txt"; there are text | Did you mean "text"?`,
  ],
  'no JSON Pointer': [
    declared('features: {words: {of: input, at: text, as: length}}'),
    `3 | ${at}.features.words.at | must be a JSON Pointer, or "" for the whole | Write "/text".`,
  ],
  'a use that does not fit': [
    declared('features: {words: {of: input, at: /text, as: number}}'),
    `3 | ${at}.features.words.as | does not fit: the field is string | Write as: length or as: category.`,
  ],
  'an object': [
    declared('features: {whole: {of: input, at: "", as: category}}'),
    `3 | ${at}.features.whole.as | does not fit: the field is object | Name a field within it.`,
  ],
  'a name that is none': [
    declared('features: {"a b": {of: input, at: /text, as: length}}'),
    `3 | ${at}.features.a b | must begin with a letter and hold letters, digits, ".", "_" and "-", at most 64`,
  ],
  'a mistyped word': [declared('windw: 1d'), `3 | ${at}.windw | is not a field here | Did you mean "window"?`],
}

describe('drift in a manifest', () => {
  for (const [name, [yaml, ...faults]] of Object.entries(faulty)) {
    it(`refuses ${name}`, () => assert.deepEqual(faultsOf(yaml), faults))
  }

  it('takes fields whose form only a value tells', () => {
    const features =
      'features: {a: {of: input, at: /messages/0/content, as: length}, b: {of: output, at: /x/y, as: number}}'
    assert.deepEqual(
      faultsOf(
        declared(features, 'task: chat').replace('/x/y', '/choices/0/finishReason').replace('number', 'category'),
      ),
      [],
    )
    const map =
      'input: {type: object, additionalProperties: {type: number}}, output: {type: object, properties: {x: {oneOf: [{type: object, properties: {y: {type: number}}}, {type: string}]}}}'
    assert.deepEqual(faultsOf(declared(features.replace('as: length', 'as: number'), map)), [])
  })

  it('stands in the state with its defaults, and reads back from an export', async () => {
    const forms = {
      '': { windowMs: 86_400_000, first: 1000 },
      'window: 6h, reference: {first: 500}': { windowMs: 21_600_000, first: 500 },
      'window: 1.5d, reference: {from: 2026-11-01, to: 2026-11-08}': {
        windowMs: 129_600_000,
        reference: { from: '2026-11-01', to: '2026-11-08' },
        first: 1000,
      },
      'features: {words: {of: input, at: /text, as: length}}': {
        windowMs: 86_400_000,
        first: 1000,
        features: { words: { of: 'input', at: '/text', as: 'length' } },
      },
    }
    for (const [yaml, state] of Object.entries(forms)) {
      const stored = await applied(declared(yaml))
      assert.deepEqual(contractOf(stored).drift, state)
      const again = await applied(writeManifest(stored.state))
      assert.equal(canonical(again.state), canonical(stored.state))
      assert.deepEqual((await planYaml(writeManifest(stored.state), stored)).changes, [])
    }
  })

  it('is told by a plan when it comes, changes and goes, and breaks nobody', async () => {
    const stored = await applied(declared(''))
    const told = async (yaml: string) =>
      (await planYaml(yaml, stored)).changes.map(({ action, what, after, breaking }) => [action, what, after, breaking])
    assert.deepEqual(await told(declared('window: 2h, features: {words: {of: input, at: /text, as: length}}')), [
      [
        'change',
        'drift m@v1',
        '2h against the first 1000 values of each version; features: words (length of input/text)',
        false,
      ],
    ])
    assert.deepEqual(await told(declared('').replace(',\n    drift: {}', '')), [
      ['remove', 'drift m@v1', undefined, false],
    ])
  })

  it('is accepted as the documentation has it', async () => {
    const page = await readFile(new URL('../../../../../docs/drift.md', import.meta.url), 'utf8')
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block)
    assert.ok(blocks.length >= 2)
    for (const block of blocks) await applied(block)
  })
})
