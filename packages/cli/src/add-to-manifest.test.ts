import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { addToManifest } from './add-to-manifest.ts'
import { draftModel } from './model-draft.ts'

const draft = draftModel('chat', { backend: 'openai', model: 'm', task: 'chat' }, 'me')

test('whatever form a manifest has, the model is in it and the rest means what it meant', () => {
  for (const yaml of [
    '',
    '# only a comment\n',
    'models:\n',
    'models: {}\n',
    'models: {a: {owner: x}}\nconsumers: {}\n',
    'consumers:\n  demo: {}',
    'models:\n    a: {owner: x} # kept\n    # tail\n# next\nconsumers: {}\n',
    'models:\n  a:\n    description: |+\n      two lines\n\n\nconsumers: {}\n',
    'models:\n  a: {owner: x}\n# footer',
    'models:\n  a: {owner: x}\n...\n',
    'models:\r\n  a: {owner: x}\r\nconsumers: {}\r\n',
    '---\nmodels: &all\n  a: &x {owner: x}\n  b: *x\nprices: {}\n',
    '"models":\n  a:\n    owner: x',
  ]) {
    const added = addToManifest(yaml, 'astra.yaml', 'chat', draft)
    const before = parse(yaml) ?? {}
    assert.deepEqual(parse(added.yaml), { ...before, models: { ...before.models, chat: draft } }, yaml)
    for (const [comment] of yaml.matchAll(/#.*/g)) assert.ok(added.yaml.includes(comment), comment)
  }
})

test('property: of a manifest in block style every line stays, in its order', () => {
  const line = fc.constantFrom('', '# left', '  # indented', '  a: {owner: x}', '  b:\n    owner: y\n    # inner')
  fc.assert(
    fc.property(
      fc.uniqueArray(line, { minLength: 1 }),
      fc.constantFrom('', '# about them\nconsumers:\n  c: {}\n'),
      (lines, rest) => {
        const yaml = `models:\n  first: {}\n${lines.join('\n')}\n${rest}`
        const added = addToManifest(yaml, 'astra.yaml', 'chat', draft)
        assert.equal(added.yaml.replace(`\n${added.lines}`, ''), yaml)
      },
    ),
  )
})
