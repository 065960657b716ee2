import Type from 'typebox'
import type { Catalog } from '../../kernel/catalog.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { fallbackMax, timeoutMsMax } from '../manifest/quantities.ts'
import { precondition } from './manifest.ts'
import type { OperationPorts } from './ports.ts'
import { closed, listOf, majorText, mapOf, revision, text } from './schemas.ts'

const weights = mapOf(Type.Number({ minimum: 0, maximum: 1_000_000 }), {
  description: 'Parts by version id: {"1.0": 90, "1.1": 10}. A version left out gets none',
})

const fallback = listOf(Type.String({ maxLength: 64 }), {
  maxItems: fallbackMax,
  description: 'Versions that are asked in this order when the one that a call met fails. Left out, it stays as it is',
})

export const hedge = closed({
  afterMs: Type.Number({
    description: 'A call that has no answer after so long is asked a second time beside the first',
  }),
  share: Type.Number({ description: 'At most of this part of the calls' }),
})

const hedgeChange = closed({
  afterMs: Type.Integer({
    minimum: 1,
    maximum: timeoutMsMax,
    description: 'A call that has no answer after so long is asked a second time beside the first',
  }),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'At most of this part of the calls; 0: of none' }),
})

export function trafficOperations({ catalogControl }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'setTraffic',
      summary:
        "Splits a contract's calls over its versions, and says what helps where one is slow or fails. What is left out stays",
      kind: 'mutation',
      permission: 'operate',
      method: 'PUT',
      path: '/models/{model}/{major}/traffic',
      guarded: true,
      input: closed({
        model: text('Name of the model', 64),
        major: majorText,
        weights: Type.Optional(weights),
        fallback: Type.Optional(fallback),
        hedge: Type.Optional(hedgeChange),
      }),
      output: closed({ revision, weights, fallback, hedge: Type.Optional(hedge) }),
      audit: ({ model, major }, output) => output ?? trafficOf(catalogControl.current(), model, major),
      run: async ({ model, major, ...change }, context) => {
        const number = Number(major.slice(1))
        const actor = context.caller.keyId
        const set = await catalogControl.setTraffic(model, number, change, precondition(context), actor)
        context.etag(String(set.revision))
        return set
      },
    }),
  ]
}

function trafficOf({ revision, state }: Catalog, model: string, major: string) {
  const contract = Object.hasOwn(state.models, model) ? state.models[model]?.contracts[major.slice(1)] : undefined
  return contract && { revision, weights: contract.weights, fallback: contract.fallback ?? [], hedge: contract.hedge }
}
