import Type from 'typebox'
import { type Operation, operation } from '../../kernel/operation.ts'
import { precondition } from './manifest.ts'
import type { OperationPorts } from './ports.ts'
import { closed, majorText, mapOf, revision, text } from './schemas.ts'

const weights = mapOf(Type.Number({ minimum: 0, maximum: 1_000_000 }), {
  description: 'Parts by version id: {"1.0": 90, "1.1": 10}. A version left out gets none',
})

export function trafficOperations({ catalogControl }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'setTraffic',
      summary: "Splits a contract's calls over its versions",
      kind: 'mutation',
      permission: 'operate',
      method: 'PUT',
      path: '/models/{model}/{major}/traffic',
      guarded: true,
      input: closed({ model: text('Name of the model', 64), major: majorText, weights }),
      output: closed({ revision, weights }),
      run: async ({ model, major, weights }, context) => {
        const number = Number(major.slice(1))
        const actor = context.caller.keyId
        const set = await catalogControl.setTraffic(model, number, weights, precondition(context), actor)
        context.etag(String(set.revision))
        return set
      },
    }),
  ]
}
