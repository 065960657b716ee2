import assert from 'node:assert/strict'
import { test } from 'node:test'
import { casesMax } from '../../kernel/evaluation.ts'
import { readJsonLines } from './read-jsonl.ts'

test('JSON Lines are read with whatever ends their lines, and empty ones are passed over', () => {
  const text = '\uFEFF{"input":"a","expected":"spam"}\r\n\n{"id":"x","input":{"n":1}}'
  assert.deepEqual(readJsonLines(text), {
    cases: [
      { id: '1', input: 'a', expected: 'spam' },
      { id: 'x', input: { n: 1 } },
    ],
  })
})

const faults: readonly (readonly [string, string, string])[] = [
  ['text that is no JSON', '{"input":1}\nroot:x:0:0:secret', '2 is no JSON object: {"input": …, "expected": …}'],
  ['a list', '[1]', '1 is no JSON object: {"input": …, "expected": …}'],
  ['a case without input', '{"expected":1}', '1 has no "input"'],
  ['a mistyped field', '{"input":1,"expectd":2}', '1 has a field that a case has not. Did you mean "expected"?'],
  [
    'another field',
    '{"input":1,"label":2}',
    '1 has a field that a case has not. There are "input", "expected" and "id".',
  ],
  ['an id that is a number', '{"input":1,"id":7}', '1 has an "id" that is no text of 1 to 200 characters'],
  ['an id twice', '{"input":1,"id":"a"}\n{"input":2,"id":"a"}', '2 has the same "id" as a line before it'],
  ['nothing', '\n \n', 'undefined holds no case'],
  [
    'too many',
    '{"input":1}\n'.repeat(casesMax + 1),
    `${casesMax + 1} is one case too many: a set holds at most ${casesMax}`,
  ],
]
for (const [what, text, told] of faults) {
  test(`a file with ${what} is refused by its line, and nothing of it is shown`, () => {
    const read = readJsonLines(text)
    assert.ok('fault' in read)
    assert.equal(`${read.fault.line} ${read.fault.message}`, told)
  })
}
