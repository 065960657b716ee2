import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Catalog, Contract } from '../../../kernel/catalog.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import { modelNameOf, readModelName } from '../model-name.ts'
import { wrongTask } from './read-wire.ts'
import type { WireDoor } from './wire-door.ts'

/** How a protocol tells which models there are. */
export interface ModelsForm {
  readonly tasks: readonly TaskName[]
  one(model: ListedModel): object
  list(models: readonly ListedModel[]): object
}

export interface ListedModel {
  /** The shortest name by which it is called. */
  readonly id: string
  readonly owner: string
  readonly description: string | undefined
  /** When it became as it is, ms since the Unix epoch: the catalog's activation, as nothing else is kept. */
  readonly createdAt: number
}

/** `GET models` and `GET models/{model}`: what this key may call, in the form that the request asks for. */
export function mountModels(
  http: FastifyInstance,
  prefix: string,
  { context, callerOf, contracts, lookUp, codecs }: WireDoor,
  formOf: (request: FastifyRequest) => ModelsForm,
): void {
  http.get(`${prefix}/models`, (request) => {
    const form = formOf(request)
    const catalog = context.catalog()
    const served = contracts(callerOf(request)).filter(({ task }) => form.tasks.includes(task))
    return form.list(served.map((contract) => listed(contract, catalog)))
  })
  http.get<{ Params: { model: string } }>(`${prefix}/models/:model`, (request) => {
    const form = formOf(request)
    const { contract } = lookUp(readModelName(request.params.model), callerOf(request))
    if (!form.tasks.includes(contract.task)) throw wrongTask(contract, 'language', Object.values(codecs))
    return form.one(listed(contract, context.catalog()))
  })
}

function listed(contract: Contract, catalog: Catalog): ListedModel {
  return {
    id: modelNameOf(contract, catalog),
    owner: catalog.model(contract.model)?.owner ?? '',
    description: contract.description ?? catalog.model(contract.model)?.description,
    createdAt: catalog.activatedAt,
  }
}
