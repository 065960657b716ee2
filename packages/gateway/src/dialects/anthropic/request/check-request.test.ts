import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import { checkCount, checkRequest } from './check-request.ts'

const messages = [{ role: 'user', content: 'hi' }]

test('one input, streamed only when asked', () => {
  assert.deepEqual(checkRequest({ messages, max_tokens: 1 }), { items: 1, stream: false })
  assert.deepEqual(checkRequest({ messages, max_tokens: 1, stream: true }), { items: 1, stream: true })
  assert.deepEqual(checkCount({ messages }), { items: 1, stream: false })
})

test('filling the prompt cache is a request that Anthropic takes', () => {
  assert.deepEqual(checkRequest({ messages, max_tokens: 0 }), { items: 1, stream: false })
})

const faults = [
  [{ max_tokens: 1 }, ['/messages']],
  [{ messages: [], max_tokens: 1 }, ['/messages']],
  [{ messages: {}, max_tokens: 1 }, ['/messages']],
  [{ messages }, ['/max_tokens']],
  [{ messages, max_tokens: '1' }, ['/max_tokens']],
  [{ messages, max_tokens: -1 }, ['/max_tokens']],
  [{ messages, max_tokens: 1.5 }, ['/max_tokens']],
  [{ messages, max_tokens: 1, stream: 'yes' }, ['/stream']],
  [{}, ['/messages', '/max_tokens']],
] as const

for (const [body, paths] of faults) {
  test(`${JSON.stringify(body)} is refused at ${paths.join(' and ')}`, () => {
    assert.throws(
      () => checkRequest(body),
      (error) => {
        assert.ok(error instanceof AstraError)
        assert.equal(error.code, 'invalid_input')
        assert.deepEqual(
          error.facts.violations?.map(({ path }) => path),
          paths,
        )
        return true
      },
    )
  })
}
