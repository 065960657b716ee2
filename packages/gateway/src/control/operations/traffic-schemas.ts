import Type from 'typebox'
import { shadowMeasures } from '../../kernel/shadow.ts'
import { fallbackMax, timeoutMsMax } from '../manifest/quantities.ts'
import { ignoredMax } from '../manifest/shadow-form.ts'
import { rulesMax } from '../manifest/traffic-rules.ts'
import { choice, closed, listOf, mapOf, text } from './schemas.ts'

export const weights = mapOf(Type.Number({ minimum: 0, maximum: 1_000_000 }), {
  description: 'Parts by version id: {"1.0": 90, "1.1": 10}. A version left out gets none',
})

export const fallback = listOf(Type.String({ maxLength: 64 }), {
  maxItems: fallbackMax,
  description: 'Versions that are asked in this order when the one that a call met fails. Left out, it stays as it is',
})

const afterText = 'A call that has no answer after so long is asked a second time beside the first'

export const hedge = closed({
  afterMs: Type.Number({ description: afterText }),
  share: Type.Number({ description: 'At most of this part of the calls' }),
})

export const hedgeChange = closed({
  afterMs: Type.Integer({ minimum: 1, maximum: timeoutMsMax, description: afterText }),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'At most of this part of the calls; 0: of none' }),
})

const names = (description: string) => Type.Optional(listOf(text(description, 2000), { minItems: 1, maxItems: 1000 }))
const values = (description: string) =>
  Type.Optional(mapOf(Type.String({ maxLength: 256 }), { minProperties: 1, description }))

const rule = closed({
  version: text('Whom its calls meet', 64),
  when: Type.Object(
    {
      consumers: names('A consumer, or "admin"'),
      teams: names('A team'),
      tags: values('Tags of the call, and their values'),
      claims: values("Claims of the caller's token by dotted path, and their values"),
    },
    { additionalProperties: false, minProperties: 1, description: 'All that stands there must hold' },
  ),
})

export const rules = listOf(rule, {
  maxItems: rulesMax,
  description:
    'The first that holds decides, ahead of experiments and weights. Given, they take the place of all; empty: none',
})

const compare = closed({
  measure: Type.Optional(choice(shadowMeasures, { description: 'Left out: the first that can read both' })),
  tolerance: Type.Optional(
    Type.Number({ minimum: 0, maximum: 1, description: 'Answers agree up to this distance by the measure' }),
  ),
  ignore: Type.Optional(
    listOf(Type.String({ maxLength: 500 }), {
      maxItems: ignoredMax,
      description: 'JSON Pointers into the output, "*" for every entry: what is not looked at',
    }),
  ),
})

export const shadow = closed({
  version: text('The version whose answers are not served', 64),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'Of the served calls those that are copied' }),
  compare: Type.Optional(compare),
})
