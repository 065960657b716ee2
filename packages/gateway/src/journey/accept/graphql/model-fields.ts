import { type GraphQLFieldConfig, GraphQLList, GraphQLNonNull, GraphQLObjectType } from 'graphql'
import type { Answer, Item, WholeAnswer } from '../../../kernel/answer.ts'
import type { Contract, Model } from '../../../kernel/catalog.ts'
import { publicError } from '../../../kernel/errors.ts'
import { contractTypes } from './contract-types.ts'
import { pascalCase } from './graphql-names.ts'
import { callError, callFault, type GraphqlRequest, serveCall } from './serve-call.ts'
import { callOptions } from './shared-types.ts'

export type CallField = GraphQLFieldConfig<unknown, GraphqlRequest>
type Options = Readonly<Record<string, unknown>> | null | undefined

const known = new WeakMap<Model, CallField>()
const nothing = {}

/** `spam { v1(input) v1Batch(inputs) }`. Made on first use, then shared by every schema that holds the model. */
export function modelField(model: Model): CallField {
  let field = known.get(model)
  if (!field) {
    const fields = [...model.contracts.values()].flatMap((contract) => [
      [`v${contract.major}`, predictField(contract)] as const,
      [`v${contract.major}Batch`, batchField(contract)] as const,
    ])
    const description = [model.description, `Owner: ${model.owner}`].filter(Boolean).join('\n\n')
    const type = new GraphQLObjectType<unknown, GraphqlRequest>({
      name: `${pascalCase(model.name)}Model`,
      description,
      fields: Object.fromEntries(fields),
    })
    field = { type: new GraphQLNonNull(type), description, resolve: () => nothing }
    known.set(model, field)
  }
  return field
}

function predictField(contract: Contract): CallField {
  const { input, answer } = contractTypes(contract)
  return {
    type: answer,
    ...about(contract),
    args: { input: { type: input.type }, options: { type: callOptions } },
    resolve: async (_, args, request) => {
      const inputs = [input.toJson ? input.toJson(args.input) : args.input]
      const options = args.options as Options
      const served = whole(
        request,
        await serveCall(request, { contract, inputs, batch: false, stream: false, options }),
      )
      const [only] = served.items
      if (!only) throw callFault(request, 'no item came for a call of one', served.callId)
      if ('error' in only) throw callError(only.error, served.callId)
      return { ...head(served), output: only.output }
    },
  }
}

function batchField(contract: Contract): CallField {
  const { input, batch } = contractTypes(contract)
  return {
    type: batch,
    ...about(contract),
    args: {
      inputs: { type: new GraphQLNonNull(new GraphQLList(input.type)) },
      options: { type: callOptions },
    },
    resolve: async (_, args, request) => {
      const given = args.inputs as readonly unknown[]
      const inputs = input.toJson ? given.map(input.toJson) : given
      const options = args.options as Options
      const served = whole(request, await serveCall(request, { contract, inputs, batch: true, stream: false, options }))
      return { ...head(served), results: served.items.map(result) }
    },
  }
}

function whole(request: GraphqlRequest, answer: Answer): WholeAnswer {
  if (answer.kind === 'whole') return answer
  throw callFault(request, 'a stream came for a call that asked for none', answer.callId)
}

function head({ callId: id, model, version, cached, usage }: WholeAnswer) {
  return { id, model, version, cached, usage }
}

function result(item: Item): unknown {
  if ('output' in item) return { output: item.output, error: null }
  const { violations: errors, ...error } = publicError(item.error)
  return { output: null, error: { ...error, errors } }
}

const exampleCharactersMax = 500

/** The description and deprecation of a contract's fields. */
export function about({ description, examples, deprecated }: Contract) {
  const example = examples[0] && JSON.stringify(examples[0].input)
  const shown =
    example !== undefined && example.length <= exampleCharactersMax ? `Example input: ${example}` : undefined
  const text = [description, shown].filter((part) => part !== undefined).join('\n\n')
  return {
    ...(text === '' ? {} : { description: text }),
    ...(deprecated ? { deprecationReason: deprecation(deprecated) } : {}),
  }
}

function deprecation({ since, sunset }: NonNullable<Contract['deprecated']>): string {
  return `Deprecated since ${since}${sunset === undefined ? '' : `; goes away on ${sunset}`}.`
}
