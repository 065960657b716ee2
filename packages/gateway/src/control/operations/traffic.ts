import Type from 'typebox'
import type { Catalog } from '../../kernel/catalog.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { ruleOf, ruleOut } from '../manifest/traffic-rules.ts'
import { precondition } from './manifest.ts'
import type { OperationPorts, TrafficSet } from './ports.ts'
import { closed, majorText, revision, text } from './schemas.ts'
import { fallback, hedge, hedgeChange, rules, shadow, weights } from './traffic-schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

export function trafficOperations({ catalogControl }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'setTraffic',
      summary:
        "Splits a contract's calls over its versions, says who meets another, what helps where one is slow or fails, and which is only compared. What is left out stays",
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
        rules: Type.Optional(rules),
        shadow: Type.Optional(shadow),
      }),
      output: closed({
        revision,
        weights,
        fallback,
        hedge: Type.Optional(hedge),
        rules: Type.Optional(rules),
        shadow: Type.Optional(shadow),
      }),
      audit: ({ model, major }, output) => output ?? trafficOf(catalogControl.current(), model, major),
      run: async ({ model, major, rules, ...asked }, context) => {
        const number = Number(major.slice(1))
        const change = rules ? { ...asked, rules: rules.map(ruleOf) } : asked
        const set = await catalogControl.setTraffic(model, number, change, precondition(context), context.caller.keyId)
        context.etag(String(set.revision))
        return trafficJson(set)
      },
    }),
  ]
}

function trafficOf({ revision, state }: Catalog, model: string, major: string) {
  const contract = Object.hasOwn(state.models, model) ? state.models[model]?.contracts[major.slice(1)] : undefined
  return contract && trafficJson({ ...contract, revision, fallback: contract.fallback ?? [] })
}

function trafficJson({ revision, weights, fallback, hedge, rules, shadow }: TrafficSet) {
  return withoutUndefined({ revision, weights, fallback, hedge, rules: rules?.map(ruleOut), shadow })
}
