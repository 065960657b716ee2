import type { GraphQLFieldConfig } from 'graphql'
import type { StreamAnswer } from '../../../kernel/answer.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import { contractTypes } from './contract-types.ts'
import { camelCase } from './graphql-names.ts'
import { about } from './model-fields.ts'
import { callError, callFault, type GraphqlRequest, serveCall } from './serve-call.ts'
import { callOptions } from './shared-types.ts'

/** The subscription field of a contract: `echoV1`. */
export function streamFieldName(model: string, major: number | string): string {
  return `${camelCase(model)}V${major}`
}

/** undefined where the contract does not stream. */
export function streamField(contract: Contract): GraphQLFieldConfig<unknown, GraphqlRequest> | undefined {
  const { input, event } = contractTypes(contract)
  if (!event) return undefined
  return {
    type: event,
    ...about(contract),
    args: { input: { type: input.type }, options: { type: callOptions } },
    subscribe: async (_, args, request) => {
      const inputs = [input.toJson ? input.toJson(args.input) : args.input]
      const options = args.options as Readonly<Record<string, unknown>> | null | undefined
      const answer = await serveCall(request, { contract, inputs, batch: false, stream: true, options })
      if (answer.kind === 'stream') return eventsOf(answer)
      throw callFault(request, 'no stream came for a call that asked for one', answer.callId)
    },
    resolve: (event) => {
      if (event instanceof Error) throw event
      return event
    },
  }
}

/** A failure becomes the last event: it has to reach the caller as an error of the field, not as the end of the connection. */
async function* eventsOf({ callId: id, model, version, cached, events }: StreamAnswer): AsyncGenerator<unknown, void> {
  yield { type: 'answer-start', id, model, version, cached }
  try {
    yield* events
  } catch (thrown) {
    yield callError(thrown, id)
  }
}
