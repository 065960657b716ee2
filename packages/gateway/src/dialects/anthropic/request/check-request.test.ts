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

const stored = [
  [{ messages, container: 'container_1' }, '/container'],
  [{ messages, container: { skills: [{ type: 'custom', skill_id: 's' }] } }, '/container'],
  [turn({ type: 'image', source: { type: 'file', file_id: 'f' } }), '/messages/0/content/0/source/file_id'],
  [turn({ type: 'container_upload', file_id: 'f' }), '/messages/0/content/0/file_id'],
  [
    turn({ type: 'tool_result', content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] }),
    '/messages/0/content/0/content/0/source/file_id',
  ],
  [
    turn({ type: 'document', source: { content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] } }),
    '/messages/0/content/0/source/content/0/source/file_id',
  ],
] as const

for (const [body, path] of stored) {
  test(`${path} is refused before any call, counting included: the account at the vendor is shared`, () => {
    const check = (thrown: unknown) => {
      assert.ok(thrown instanceof AstraError)
      assert.deepEqual([thrown.code, thrown.facts.violations?.[0]?.path], ['unsupported', path])
      assert.ok(thrown.facts.detail && thrown.facts.next)
      return true
    }
    assert.throws(() => checkRequest({ max_tokens: 1, ...body }), check)
    assert.throws(() => checkCount(body), check)
  })
}

test("the vendor's own tools, what they made and the caller's own words pass", () => {
  const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
  const made = { type: 'code_execution_result', content: [{ type: 'code_execution_output', file_id: 'f' }] }
  const blocks = [
    { type: 'code_execution_tool_result', content: made },
    { type: 'tool_use', id: 'a', name: 'open', input: { file_id: 'x', source: { file_id: 'y' } } },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'file_id' } },
  ]
  const body = {
    messages: [...messages, { role: 'assistant', content: blocks }],
    max_tokens: 1,
    tools,
    container: null,
  }
  assert.deepEqual(checkRequest(body), { items: 1, stream: false })
})

function turn(block: object) {
  return { messages: [{ role: 'user', content: [block] }] }
}
