import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readManifest } from './read-manifest.ts'

/** What a consumer's lines are told, which begin on line 3. */
const faultsOf = (lines: string) => {
  const read = readManifest(`models: {}\nconsumers:\n${lines}`)
  return 'faults' in read
    ? read.faults.map(({ line, message, suggestion = '' }) => `${line} ${message} ${suggestion}`.trim())
    : []
}

const noColon = 'has no colon Write "name: value", or "name:" before what belongs to it.'

for (const [title, lines, fault] of [
  ['a space too few', '  a:\n    team: x\n   priority: low\n  b: {}', '5 is indented by 3, its neighbours by 2 or 4'],
  ['a space too many', '  a:\n    team: x\n     priority: low', '5 is indented by 5, its neighbours by 4'],
  ['after a list', '  a:\n    origins:\n      - x\n     - y', '6 is indented by 5, its neighbours by 4 or 6'],
  ['after a comment', '  a:\n    team: x\n # it is so\n   demo: true', '6 is indented by 3, its neighbours by 2 or 4'],
  ['no colon', '  a:\n    team x\n    demo: true', `4 ${noColon}`],
  ['no colon before a block', '  a\n    team: x', `3 ${noColon}`],
  ['no space', '  a:\n    team:x\n    demo: true', '4 has no space after its colon Write "team: x".'],
  ['two colons', '  a:\n    description: so: it is', '4 has a second colon Quote the text: description: "so: it is".'],
  ['an open bracket', '  a: {team: x\n  b: {}', '4 comes before a bracket is closed: a } is missing'],
  ['a bracket too many', '  a: {team: x}}\n  b: {}', '3 has a } that closes nothing'],
  [
    'what it has no words for',
    '  a:\n    team: @x\n    description: `y',
    '4 Plain value cannot start with reserved character @',
  ],
] as const) {
  test(`one slip is one fault: ${title}`, () => assert.deepEqual(faultsOf(lines), [fault]))
}

test('the top may be indented only as a whole', () => {
  const read = readManifest(' models: {}\nconsumers: {}\nteams: {}')
  assert.deepEqual('faults' in read && read.faults, [
    { path: '', line: 2, message: 'is indented by 0, its neighbours by 1' },
  ])
})

test('any sound manifest with one line moved by a space is still read, or told of one place', () => {
  const sound =
    '  a:\n    team: x\n    limits:\n      tokens: 5/day\n  b:\n    origins:\n      - y\n      - z\nteams:\n  x: {}'
  const lines = sound.split('\n')
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.constantFrom(-1, 1), (at, by) => {
      const moved = lines.map((line, i) => (i !== at ? line : by > 0 ? ` ${line}` : line.replace(/^ /, '')))
      const syntax = faultsOf(moved.join('\n')).filter((fault) => fault.includes('indented'))
      assert.ok(syntax.length <= 1)
      const library = faultsOf(moved.join('\n')).filter((fault) => /mapping|implicit|token/i.test(fault))
      assert.deepEqual(library, [])
    }),
  )
})

test('a very long line is no work', () => {
  const began = performance.now()
  for (const text of ['-'.repeat(2e5), `${'a: '.repeat(5e4)}`, `${' '.repeat(2e5)}x: y: z`])
    faultsOf(`  a:\n    b: c\n${text}\n d: e`)
  assert.ok(performance.now() - began < 10_000)
})
