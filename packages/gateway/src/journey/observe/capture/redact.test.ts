import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { holesIn } from '../pointers.ts'
import { redacted } from './redact.ts'
import { jsonWithSecrets, planted, textsIn } from './testing/planted.ts'

const none = holesIn('input', [])

describe('redacting', () => {
  it('lets none of the planted secrets out, wherever they stand', () => {
    let seen = 0
    fc.assert(
      fc.property(jsonWithSecrets, (value) => {
        const held = textsIn(value)
        const left = textsIn(redacted(value, none))
        for (const secret of planted) {
          if (held.includes(secret)) seen++
          assert.ok(!left.includes(secret), `${secret} is left in ${left}`)
        }
      }),
      { numRuns: 500 },
    )
    assert.ok(seen > 100)
  })

  it('leaves values without any as they are, and the given one untouched', () => {
    const value = { a: [1, 'two', null, true, { b: 3.5 }], label: 'spam', ['__proto__']: 'x', 'a/b': '' }
    const before = structuredClone(value)
    assert.deepEqual(redacted(value, none), before)
    assert.deepEqual(value, before)
    assert.deepEqual(redacted(JSON.parse('{"__proto__": {"a": 1}}'), none), JSON.parse('{"__proto__": {"a": 1}}'))
  })

  it('leaves out what pointers name, whole, and in every entry where they say "*"', () => {
    const holes = holesIn('input', [
      '/input/text',
      '/input/list/*/content',
      '/input/map/*',
      '/input/rows/1',
      '/output/label',
    ])
    assert.deepEqual(
      redacted(
        {
          text: { even: 'an object' },
          label: 'kept',
          list: [{ content: 'a', role: 'user' }, { content: ['b'] }, 'c'],
          map: { x: 1, y: null },
          rows: ['a', 'b', 'c'],
        },
        holes,
      ),
      {
        text: '[redacted]',
        label: 'kept',
        list: [{ content: '[redacted]', role: 'user' }, { content: '[redacted]' }, 'c'],
        map: { x: '[redacted]', y: '[redacted]' },
        rows: ['a', '[redacted]', 'c'],
      },
    )
    assert.equal(redacted({ any: 'thing' }, holesIn('output', ['/output'])), '[redacted]')
    assert.deepEqual(redacted({ 'a/b~c': 1, d: 2 }, holesIn('input', ['/input/a~1b~0c'])), {
      'a/b~c': '[redacted]',
      d: 2,
    })
  })

  it('leaves out fields that are named after what they hold, and cards that are numbers', () => {
    const secrets = {
      Password: 'x',
      password2: 12345,
      pin: { password: ['hunter2'] },
      apiKey: { a: 'y' },
      secret: false,
      token: 7,
    }
    assert.deepEqual(redacted({ ...secrets, card: 4111111111111111, pwd: null }, none), {
      Password: '[secret]',
      password2: '[secret]',
      pin: { password: '[secret]' },
      apiKey: '[secret]',
      secret: '[secret]',
      token: '[secret]',
      card: '[card]',
      pwd: null,
    })
  })

  it('knows the names of secrets by how they end, and takes no others for them', () => {
    const named = 'token auth_token x-api-key X-API-Key db_password dbPassword APIToken clientSecret Set-Cookie idToken'
    const others =
      'tokens max_tokens author north secretary keyboard key pass_through password_hint_shown mypwdx tokenize'
    for (const name of named.split(' ')) assert.deepEqual(redacted({ [name]: [1] }, none), { [name]: '[secret]' })
    for (const name of others.split(' ')) assert.deepEqual(redacted({ [name]: [1] }, none), { [name]: [1] })
  })

  it('keeps fields apart whose names are masked alike', () => {
    assert.deepEqual(redacted({ 'a@example.com': 1, 'b@example.com': 2 }, none), { '[e-mail]': 1, '[e-mail] 2': 2 })
  })

  it('ends in what is nested without end', () => {
    let deep: unknown = 'alice@example.com'
    for (let i = 0; i < 100_000; i++) deep = [deep]
    assert.match(JSON.stringify(redacted(deep, none)), /^\[+"\[redacted\]"\]+$/)
  })
})
