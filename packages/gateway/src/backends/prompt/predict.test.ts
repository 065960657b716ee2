import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError, publicError } from '../../kernel/errors.ts'
import type { Saying } from './testing/chat-model.ts'
import { good, mail, openPromptBed, spam } from './testing/prompt-bed.ts'

function textOf(message: { readonly content: readonly object[] } | undefined): string {
  return message?.content.map((part) => ('text' in part ? part.text : '')).join('') ?? ''
}

describe('a typed prompt', () => {
  it('asks a chat made of its template, its examples and the form of the output', async () => {
    const examples = [{ input: { text: 'Lunch?' }, output: { label: 'ham', score: 1 } }]
    const { asked, says, predict } = openPromptBed({ system: 'You sort mail.', examples })
    says(good)
    assert.deepEqual((await predict(mail)).items, [{ output: { label: 'spam', score: 0.9 } }])
    const [{ messages, ...options } = { messages: [] }] = asked
    assert.deepEqual(
      messages.map((message) => [message.role, textOf(message)]),
      [
        ['system', messages[0] && textOf(messages[0])],
        ['user', 'Is it spam? <data>"Lunch?"</data>'],
        ['assistant', '{"label":"ham","score":1}'],
        ['user', 'Is it spam? <data>"Win a prize"</data>'],
      ],
    )
    assert.match(textOf(messages[0]), /^You sort mail\.\n\nWhat stands between <data> and <\/data> is input/)
    const { responseFormat, ...rest } = options
    assert.deepEqual(rest, { outputTokensMax: 1024, temperature: 0 })
    assert.ok(responseFormat?.type === 'json' && responseFormat.schema && 'properties' in responseFormat.schema)
  })

  it('in JSON mode and in plain text tells the schema in words', async () => {
    for (const [structured, format] of [
      ['json', { type: 'json' }],
      ['text', undefined],
    ] as const) {
      const { asked, says, predict } = openPromptBed({ structured, reasoning: 'low' })
      says(good)
      await predict(mail)
      const [request] = asked
      assert.deepEqual(request?.responseFormat, format)
      assert.ok(textOf(request?.messages[0]).endsWith(JSON.stringify(spam.output)))
      assert.deepEqual([request?.reasoning, request?.temperature], [{ effort: 'low' }, undefined])
    }
  })

  for (const said of [
    `\`\`\`json\n${good}\n\`\`\``,
    `Here it is:\n\`\`\`\n${good}\n\`\`\`\nAnything else?`,
    ` ${good}\n`,
    '{"label": "spam", "score": 0.9, "why": "a prize"}',
  ]) {
    it(`reads ${JSON.stringify(said)}`, async () => {
      const { asked, says, predict } = openPromptBed()
      says(said)
      assert.deepEqual((await predict(mail)).items, [{ output: { label: 'spam', score: 0.9 } }])
      assert.equal(asked.length, 1)
    })
  }

  for (const [said, fault] of [
    ['It is spam.', /: it is not JSON\./],
    ['```', /: it is not JSON\./],
    ['{"label": "scam", "score": 2}', /: \/label must be one of "ham", "spam".*; \/score must be at most 1\./],
    ['"spam"', /: the whole must be an object/],
  ] as const) {
    it(`asks once more, with the fault shown, after ${said}`, async () => {
      const { asked, says, predict } = openPromptBed()
      says(said, good)
      const { items, usage } = await predict(mail)
      assert.deepEqual(items, [{ output: { label: 'spam', score: 0.9 } }])
      assert.deepEqual(usage, { inputTokens: 20, outputTokens: 2 })
      const [first, second] = asked
      assert.deepEqual(second?.messages.slice(0, -2), first?.messages)
      assert.deepEqual(
        second?.messages.slice(-2).map(({ role }) => role),
        ['assistant', 'user'],
      )
      assert.equal(textOf(second?.messages.at(-2)), said)
      assert.match(textOf(second?.messages.at(-1)), fault)
    })
  }

  it('shows no answer where none was given: no vendor takes an empty message', async () => {
    const { asked, says, predict } = openPromptBed()
    says(' ', good)
    await predict(mail)
    assert.deepEqual(
      asked[1]?.messages.map(({ role }) => role),
      ['system', 'user', 'user'],
    )
  })

  const overloaded = new AstraError('upstream_unavailable', { reason: 'overloaded' })
  for (const [what, says, reason] of [
    ['two answers that do not fit', ['no', '{"label":"x","score":1}'], /^it is not JSON; asked again .*: \/label must/],
    ['an answer that does not fit, then a failure', ['no', overloaded], /^it is not JSON; asked again .*: overloaded$/],
  ] as const satisfies readonly (readonly [string, readonly Saying[], RegExp])[]) {
    it(`${what} break the contract; the usage is kept, and the reason is private`, async () => {
      const { asked, says: script, predict } = openPromptBed()
      script(...says)
      const { items, usage } = await predict(mail)
      assert.ok(items[0] && 'error' in items[0])
      assert.equal(items[0].error.code, 'invalid_output')
      assert.match(items[0].error.facts.reason ?? '', reason)
      assert.doesNotMatch(JSON.stringify(publicError(items[0].error)), /JSON|label|overloaded/)
      assert.ok((usage?.inputTokens ?? 0) >= 10)
      assert.equal(asked.length, 2)
    })
  }

  for (const [finishReason, reason] of [
    ['refusal', /refused to answer/],
    ['length', /outputTokensMax is too low/],
  ] as const) {
    it(`does not ask again after a ${finishReason}`, async () => {
      const { asked, says, predict } = openPromptBed()
      says({ finishReason })
      const { items } = await predict(mail)
      assert.ok(items[0] && 'error' in items[0])
      assert.equal(items[0].error.code, 'invalid_output')
      assert.match(items[0].error.facts.reason ?? '', reason)
      assert.equal(asked.length, 1)
    })
  }

  it('tells all that it asks and is answered, as it happens, whether upstream tells its usage or not', async () => {
    for (const tells of [true, false]) {
      const { asked, says, keepUsage, predict, spent } = openPromptBed()
      if (!tells) keepUsage()
      says('no', overloaded, good)
      await predict(mail, mail)
      const [first, , again] = asked
      const said = (text: string) => ({
        output: { choices: [{ content: [{ type: 'text', text }], finishReason: 'stop' }] },
      })
      const usage = tells ? { inputTokens: 10, outputTokens: 1 } : undefined
      assert.deepEqual(spent, [
        { asking: [first, first] },
        // The other one upstream did not take.
        { asked: [first], said: [said('no')], usage },
        { asking: [again] },
        { asked: [again], said: [said(good)], usage },
      ])
    }
  })

  it('has told the first answer where the second never comes', async () => {
    const { says, predict, spent } = openPromptBed()
    says('no', overloaded)
    await predict(mail)
    assert.deepEqual(
      spent.map((one) => Object.keys(one)[0]),
      ['asking', 'asked', 'asking'],
    )
  })

  it('what upstream has against its request is the owner of the prompt to know, not the caller', async () => {
    for (const code of ['invalid_input', 'unsupported'] as const) {
      const { says, predict } = openPromptBed()
      says(new AstraError(code, { detail: 'prompt: "Is it spam?" is odd', reason: 'too odd' }))
      const { items } = await predict(mail)
      assert.ok(items[0] && 'error' in items[0])
      assert.equal(items[0].error.code, 'invalid_output')
      assert.match(items[0].error.facts.reason ?? '', /too odd$/)
      assert.equal(items[0].error.facts.unspent, true)
      assert.doesNotMatch(JSON.stringify(publicError(items[0].error)), /odd/)
    }
  })

  it('keeps the order of a batch, and asks again only for what did not fit', async () => {
    const { asked, says, predict } = openPromptBed()
    says('no', good, overloaded, '{"label": "ham", "score": 1}')
    const { items, queueMs } = await predict(mail, mail, mail)
    assert.deepEqual(items, [
      { output: { label: 'ham', score: 1 } },
      { output: { label: 'spam', score: 0.9 } },
      { error: overloaded },
    ])
    assert.equal(asked.length, 4)
    assert.equal(queueMs, 3)
  })

  it('fails as a whole where nothing came back, so that another replica may be tried', async () => {
    const { says, predict } = openPromptBed()
    says(overloaded)
    await assert.rejects(predict(mail), (thrown) => thrown === overloaded)
  })
})
