import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../../kernel/caller.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { parseJsonObject, readBody } from '../json-body.ts'
import { readModelName } from '../model-name.ts'
import { describeModel, listModels, repositoryIndex } from './describe-model.ts'
import { infer } from './infer.ts'
import type { FoundContract, ModelRequest, OipDoor } from './oip-door.ts'
import { tensorFormOf } from './tensor-form.ts'

/** The request of a repository index holds one flag. */
const indexBodyBytesMax = 64 * 1024

/**
 * The Open Inference Protocol V2 over HTTP, below `prefix`. Only `infer` makes calls; what the other routes throw is left to the
 * server's error handler.
 */
export function mountOip(http: FastifyInstance, prefix: string, door: OipDoor): void {
  const { context, callerOf } = door
  const server = { name: 'astraapi', version: door.softwareVersion, extensions: ['binary_tensor_data'] }
  http.get(prefix, () => server)
  http.get(`${prefix}/health/live`, () => ({ live: true }))
  http.get(`${prefix}/health/ready`, (_request, reply) => {
    const waitingFor = door.notReady()
    if (waitingFor.length === 0) return { ready: true }
    return reply.code(503).send({ error: `Not ready: it waits for ${waitingFor.join('; ')}.` })
  })
  http.get(`${prefix}/models`, (request) => ({
    models: listModels(door.contracts(callerOf(request)), context.catalog()),
  }))
  for (const path of [`${prefix}/models/:model`, `${prefix}/models/:model/versions/:version`]) {
    http.get<ModelRequest>(path, (request) => describeModel(request.params.model, find(request, door).contract))
    http.get<ModelRequest>(`${path}/ready`, (request, reply) =>
      modelReady(request.params.model, find(request, door), reply, door),
    )
    http.post<ModelRequest>(`${path}/infer`, (request, reply) => infer(request, reply, door))
  }
  http.post(`${prefix}/repository/index`, (request) => index(request, callerOf(request), door))
  for (const change of ['load', 'unload']) {
    http.post(`${prefix}/repository/models/:model/${change}`, () => {
      throw new AstraError('unsupported', {
        detail: `This gateway does not ${change} models`,
        next: 'Models are deployed with the manifest: "astraapi apply".',
      })
    })
  }
}

function find(request: FastifyRequest<ModelRequest>, { callerOf, lookUp }: OipDoor): FoundContract {
  const { model, version } = request.params
  return lookUp({ ...readModelName(model), version }, callerOf(request))
}

/** Ready is what a call of this name may meet: the version, else any that has traffic. */
function modelReady(name: string, { contract, version }: FoundContract, reply: FastifyReply, { whyUnready }: OipDoor) {
  tensorFormOf(contract)
  const meets = version ? [version] : contract.split.map((share) => share.version)
  if (meets.length === 0) throw new AstraError('no_traffic', { detail: `No version of ${name} has traffic` })
  const reasons = meets.map(whyUnready)
  if (reasons.includes(undefined)) return { name, ready: true }
  return reply.code(503).send({ error: `${name} is not ready: ${reasons[0]}.` })
}

async function index({ raw, headers }: FastifyRequest, caller: Caller, { context, contracts, whyUnready }: OipDoor) {
  const permitted = contracts(caller)
  const body = await readBody(raw, headers['content-length'], indexBodyBytesMax, caller.consumer)
  const { ready } = body.length === 0 ? {} : parseJsonObject(body)
  return repositoryIndex(permitted, context.catalog(), whyUnready).filter(
    ({ state }) => ready !== true || state === 'READY',
  )
}
