import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { patternFault, patternTest } from './pattern.ts'

const allowed = [
  '^[a-z0-9]+(-[a-z0-9]+)*$',
  '^[A-Z]{2}[0-9]{4}$',
  '^[A-Z]{1,2}[A-Z0-9]{3}$',
  '^[^@]+@[^@.]+(\\.[^@.]+)+$',
  '^(cat|car)$',
  '^\\d{1,3}(\\.\\d{1,3}){3}$',
  '^(?:https?|ftp)://[^\\s/]+(/.*)?$',
  '^(?<year>\\d{4})-(?<month>\\d\\d)$',
  '^([a-z]{1,63}\\.){1,127}$',
  '^[\\u{1F600}-\\u{1F64F}]+$',
  '^[a-z]+$|^[0-9]+$',
  '^a{0,3000}$',
  '\\S',
  'a{3}',
]
for (const pattern of allowed) {
  test(`${pattern} is allowed`, () => assert.equal(patternFault(pattern), undefined))
}

const refused: readonly [string, RegExp][] = [
  ['(', /not a regular expression: Unterminated group/],
  ['a'.repeat(257), /at most 256 characters/],
  ['^(?=a)b', /look-around/],
  ['^(?<!a)b', /look-around/],
  ['^(a)\\1$', /back-reference/],
  ['^(?i:a)$', /flag/],
  ['a+', /tied to the start/],
  ['^a|b*c', /tied to the start/],
  ['^(a|a)*$', /many ways/],
  ['^(a+)+$', /many ways/],
  ['^(a*)*$', /many ways/],
  ['^(a|b*)*$', /many ways/],
  ['^(a|ab|b)*$', /many ways/],
  ['^a*a*$', /many ways/],
  ['^.*@.*$', /many ways/],
  ['^(a?){300}$', /many ways/],
  ['^(?:b?|c?){40}d', /many ways/],
  ['^(?:|){40}b', /many ways/],
  ['^(\\u{61}|a)*$', /many ways/],
  ['^(\\p{L}|x)*$', /many ways/],
  ['^(\\s|\\u3000)*$', /many ways/],
  ['^(😀|\\ud83d\\ude00)*$', /many ways/],
]
for (const [pattern, message] of refused) {
  test(`${pattern.slice(0, 30)} is refused`, () => assert.match(patternFault(pattern)?.message ?? '', message))
}

/** Patterns over two letters, so that parts overlap often; the texts nearly match, which is what makes backtracking dear. */
const piece = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('a', 'b', '[ab]', '.', 'c'),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => a + b),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie('tree'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}', '*?', '{12}', '{0,20}'))
      .map(([a, times]) => `(?:${a})${times}`),
  ),
})).tree

test('whatever is allowed takes linear time', () => {
  let judged = 0
  const texts = ['a', 'b', 'ab', 'ba', 'aab'].map((unit) => `${unit.repeat(20_000)}!`)
  fc.assert(
    fc.property(piece, (body) => {
      const pattern = `^${body}$`
      if (patternFault(pattern)) return
      judged++
      const matches = patternTest(pattern)
      const start = performance.now()
      for (const text of texts) matches(text)
      // Some ms at most; anything quadratic takes seconds, anything exponential does not end.
      assert.ok(performance.now() - start < 1500, pattern)
    }),
    { numRuns: 2000 },
  )
  assert.ok(judged > 200, `only ${judged} patterns were allowed`)
})

test('a text too long for the matcher does not match, and does not throw', () => {
  assert.equal(patternTest('^(ab|cd)*$')('abcd'.repeat(4_000_000)), false)
  assert.equal(patternTest('^(ab|cd)*$')('abcd'), true)
})
