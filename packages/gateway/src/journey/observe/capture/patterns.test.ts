import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCardNumber, masked } from './patterns.ts'

const table: readonly (readonly [text: string, masked: string])[] = [
  ["mail alice.o'neil+x@mail.example.co.uk, or alice%40example.com.", 'mail [e-mail], or [e-mail].'],
  ['Müller@exämple.de!', '[e-mail]!'],
  ['4111111111111111', '[card]'],
  ['card 2024 4111 1111 1111 1111 12/27', 'card 2024 [card] 12/27'],
  ['4111-1111-1111-1111 123', '[card] 123'],
  ['3782 822463 10005', '[card]'],
  ['4111 1111 1111 1112', '4111 1111 1111 1112'],
  ['pay AT61 1904 3002 3457 3201 today', 'pay [iban] today'],
  ['DE89370400440532013000', '[iban]'],
  ['gb82 west 1234 5698 7654 32', '[iban]'],
  ['DE88370400440532013000', 'DE88370400440532013000'],
  ['from 10.0.0.1:80 and 2001:db8::1.', 'from [ip]:80 and [ip].'],
  ['ip:2001:db8::1, [::1]:80', 'ip:[ip], [[ip]]:80'],
  ['std::abc at 12:30 in 1.2.3', 'std::abc at 12:30 in 1.2.3'],
  ['+49 (0) 221 / 123456, 0049 221 123456', '[phone], [phone]'],
  ['(212) 555-1234 or 212-555-1234 or tel:+12125551234', '[phone] or [phone] or tel:[phone]'],
  ['06 12 34 56 78; 020 7946 0018; 07700900123', '[phone]; [phone]; [phone]'],
  ['on 01-02-2026 at 08:30', 'on 01-02-2026 at 08:30'],
  ['2026-01-02T03:04:05.123Z', '2026-01-02T03:04:05.123Z'],
  ['order 1234567890 is 0.00123456789', 'order 1234567890 is 0.00123456789'],
  ['Authorization: Bearer abcdef.ghi-jkl', 'Authorization: [token]'],
  ['bearer of news', 'bearer of news'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_d', '[token]'],
  ['sk-proj-abcdefghijklmnopqrstuvwx and AKIAIOSFODNN7EXAMPLE', '[key] and [key]'],
  ['postgres://user:p%40ss@db.example/x', 'postgres://[login]@db.example/x'],
  ['password=hunter2 api_key: abc', '[secret] [secret]'],
  ['"password": "correct horse battery", "a": 1', '"[secret], "a": 1'],
  ["passphrase: 'it\\'s a secret, x' and", '[secret] and'],
  ['{\\"db_password\\": \\"two words\\", \\"a\\": \\"b\\"}', '{\\"db_[secret], \\"a\\": \\"b\\"}'],
  ['Secret: "never closed, so to the', '[secret]'],
  ['token=abc"def x-api-key: k{1} auth_token => t', '[secret] x-[secret] auth_[secret]'],
  ['pwd = p[1], "password": 12345}', '[secret], "[secret]'],
  ['max_tokens: 5, the author: me, a secret', 'max_tokens: 5, the author: me, a secret'],
  ['Authorization: Basic dXNlcjpwYXNz\nA: b', 'Authorization: [token]\nA: b'],
  ['curl -H basic dXNlcjpwYXNzd29yZA== x', 'curl -H [token] x'],
  ['basic instructions for BASIC programmers', 'basic instructions for BASIC programmers'],
  ['Cookie: sid=abc; other=def\nA: b', '[secret]\nA: b'],
  ['4111‐1111‑1111–1111, 4111—1111―1111‒1111, 4111\u202f1111\u20071111\u202f1111', '[card], [card], [card]'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIabc+/=\n', '[private key]'],
  ['Nothing here is anybody’s.', 'Nothing here is anybody’s.'],
]

describe('patterns', () => {
  for (const [text, expected] of table) it(text, () => assert.equal(masked(text), expected))

  it('find cards among numbers, and no times among cards', () => {
    assert.ok(isCardNumber(4111111111111111))
    assert.ok(!isCardNumber(4111111111111112))
    // Of ten numbers one passes Luhn's check: times begin with 1.
    for (let ms = 1_790_000_000_000; ms < 1_790_000_000_020; ms++) assert.ok(!isCardNumber(ms))
  })

  it('cost time in proportion to the text, however it is made', () => {
    // Each is the beginning of some row, again and again: what costs the square of it takes minutes for this.
    const beginnings = [
      'a',
      'a@',
      'a@b',
      '1',
      '1234 ',
      '+1',
      '06 ',
      '(',
      '1:',
      'g:a:',
      'eyJ',
      'eyJaaaaa.',
      'bearer ',
      'sk-',
    ]
    const more = [
      '://a:',
      '://a',
      'password:',
      'password: "',
      'password: ',
      'password: "\\"',
      '\\"token\\": \\"',
      "token='",
      'cookie:',
      'cookie: ',
      'basic ',
      'basic dXNl',
      '-----BEGIN PRIVATE KEY-----',
      'DE89 ',
      'A1',
      '1.',
      ' ',
      '%40',
    ]
    for (const beginning of [...beginnings, ...more]) {
      const text = beginning.repeat(Math.ceil(1_000_000 / beginning.length))
      const begun = performance.now()
      masked(text)
      const ms = performance.now() - begun
      assert.ok(ms < 10_000, `"${beginning}" took ${ms} ms`)
    }
  })
})
