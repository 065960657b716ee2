import fc from 'fast-check'

/** What the net must catch, each in a form that people write. */
export const planted: readonly string[] = [
  ...['alice@example.com', "o'neil+news@mail.example.co.uk", '4111 1111 1111 1111', '5555555555554444'],
  ...['DE89 3704 0044 0532 0130 00', 'FR1420041010050500013M02606', '+49 221 1234567', '(212) 555-1234'],
  ...['192.0.2.77', '2001:db8::77', 'sk-live-0123456789abcdefghij', 'ghp_0123456789abcdefghijABCDEFGHIJ456789'],
  ...['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'Bearer 0123456789abcdef'],
]

/** Marks that people set between words: a secret that is glued to other letters is another word. */
const mark = fc.constantFrom(' ', '\n', ', ', ' (', ') ', '; ', '"', '<', '>', ': ', ' = ', '\t', '| ')
const word = fc.constantFrom('call', 'me', '2024', 'Straße', '7', '日本', 'x', 'v1.2', '{}', 'DE')
const words = fc.array(word, { maxLength: 4 }).map((all) => all.join(' '))
const secretText = fc.tuple(words, mark, fc.constantFrom(...planted), mark, words).map((parts) => parts.join(''))

/** JSON in which secrets stand as values and as names of fields, at any depth. */
export const { jsonWithSecrets } = fc.letrec<{ jsonWithSecrets: unknown }>((tie) => ({
  jsonWithSecrets: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(secretText, fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('jsonWithSecrets'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(secretText, fc.string()), tie('jsonWithSecrets'), { maxKeys: 4 }),
  ),
}))

/** Every text in a value, names of fields among them. */
export function textsIn(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(textsIn).join('\n')
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .map(([name, entry]) => `${name}\n${textsIn(entry)}`)
    .join('\n')
}
