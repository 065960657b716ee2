import type { Inspection, LoadWhat } from '../../kernel/backend.ts'
import { AstraError, toAstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Reply } from '../http/reply.ts'
import { readSignature } from './read-signature.ts'
import { readJson, readObject, refusal } from './reply.ts'
import { isBinaryOnly } from './route.ts'
import { type OipSettings, versionPath } from './settings.ts'
import type { Upstream } from './upstream.ts'

/**
 * Loads the model at every replica, unless `load` is `missing` and it is known there, and says what they agree on. Its errors are for operators, in `plan` and `apply`:
 * `upstream_unavailable` when a replica does not answer or the model is not ready there, `invalid_manifest` when the
 * replica lacks the model, cannot carry its tensors, or differs from the others, `upstream_failed` for the rest.
 */
export async function inspect(
  upstreams: readonly Upstream[],
  settings: OipSettings,
  signal: AbortSignal,
  load?: LoadWhat,
): Promise<Inspection> {
  const inspections = await Promise.all(upstreams.map((upstream) => inspectReplica(upstream, settings, signal, load)))
  const [first, ...others] = inspections
  if (!first) throw misfit('replicas', 'needs at least one address')
  const different = others.findIndex((other) => JSON.stringify(other) !== JSON.stringify(first))
  if (different === -1) return first
  const names = `${upstreams[0]?.replica} and ${upstreams[different + 1]?.replica}`
  throw misfit('replicas', `${names} serve different files or tensors as one version`)
}

async function inspectReplica(
  upstream: Upstream,
  settings: OipSettings,
  signal: AbortSignal,
  what: LoadWhat | undefined,
): Promise<Inspection> {
  const { model, version } = settings
  const { replica } = upstream
  const path = versionPath(settings)
  const answered = async <T>(asking: Promise<T>): Promise<T> => {
    try {
      return await asking
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      throw explain(`${replica} does not answer`, toAstraError(thrown))
    }
  }
  const ask: Ask = (at, body) => answered(upstream.send(at, body, jsonHeaders, signal))
  const known = what === 'missing' ? await ask(path) : undefined
  // No answer to a load is final: other servers have no repository, and ours also complains of the model's other versions.
  const load =
    known && !unknownModel.has(known.status)
      ? undefined
      : await ask(`/v2/repository/models/${encodeURIComponent(model)}/load`, '{}')
  const metadata = known && !load ? known : await ask(path)
  if (unknownModel.has(metadata.status)) {
    throw await whatIsMissing(ask, replica, settings, refusal(load && load.status !== 200 ? load : metadata))
  }
  if (metadata.status !== 200) throw explain(`${replica} cannot serve ${model} ${version}`, refusal(metadata))
  const ready = await ask(`${path}/ready`)
  if (ready.status !== 200) {
    const notReady = new AstraError('upstream_unavailable', refusal(ready).facts)
    throw explain(`${model} ${version} is not ready at ${replica}`, notReady)
  }
  const inspection = readInspection(metadata)
  // Asked in any case: it is known then when calls come.
  const binary = await answered(upstream.binary.learn(signal))
  const { inputs = [], outputs = [] } = inspection.tensors ?? {}
  const uncarried = binary ? undefined : [...inputs, ...outputs].find(isBinaryOnly)
  if (!uncarried) return inspection
  const { name, datatype } = uncarried
  const message = `tensor ${name} is ${datatype}, which only binary tensors can carry, and ${replica} does not offer them ("binary_tensor_data" in its extensions)`
  throw misfit('model', message)
}

/** A body makes it a POST. */
type Ask = (path: string, body?: string) => Promise<Reply>

const jsonHeaders = ['content-type', 'application/json']
/** Triton answers 400 for a model that it does not have. */
const unknownModel: ReadonlySet<number> = new Set([400, 404])

function readInspection(metadata: Reply): Inspection {
  const { inputs, outputs, parameters } = readObject(metadata)
  const { digest, generates } = isJsonObject(parameters) ? parameters : {}
  // Ours says so of a model that generates text: its task is a chat or a completion, and tensors are no part of that.
  const isSilent = generates === true || (inputs === undefined && outputs === undefined)
  return {
    digest: typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined,
    ...(isSilent ? {} : { tensors: readSignature(inputs, outputs) }),
  }
}

/** Names what the repository has instead, where upstream lists it. */
async function whatIsMissing(
  ask: Ask,
  replica: string,
  { model, version }: OipSettings,
  { facts }: AstraError,
): Promise<AstraError> {
  const index = await ask('/v2/repository/index', '{}')
  const listed: unknown = index.status === 200 ? readJson(index) : undefined
  if (!Array.isArray(listed)) return misfit('model', `${replica} has no ${model} ${version}`, facts.reason)
  const entries: readonly Readonly<Record<string, unknown>>[] = listed.filter(isJsonObject)
  const versions = texts(entries.filter(({ name }) => name === model).map((entry) => entry.version))
  if (versions.length > 0) {
    const message = `${replica} has ${model} in ${enumerate(versions)}, not in ${version}`
    return misfit('version', message, facts.reason)
  }
  const models = texts(entries.map(({ name }) => name))
  const message = `${replica} has no model ${model}; it has ${enumerate(models)}`
  return misfit('model', message, facts.reason, didYouMean(model, models))
}

function texts(values: readonly unknown[]): readonly string[] {
  return [...new Set(values.filter((value) => typeof value === 'string'))].sort()
}

const namesMax = 20

function enumerate(names: readonly string[]): string {
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : ''
  return (names.slice(0, namesMax).join(', ') || 'none') + more
}

/** A fault of the manifest: at which field of the version, a sentence, upstream's own words, and the likely remedy. */
function misfit(
  path: string,
  message: string,
  words?: string,
  hint: { readonly suggestion?: string } = {},
): AstraError {
  const reason = words === undefined ? message : `${message} (${words})`
  return new AstraError('invalid_manifest', { detail: message, violations: [{ path, message, ...hint }], reason })
}

/** Our sentence for whoever reads the plan; upstream's own words stay in the reason. */
function explain(detail: string, { code, facts }: AstraError): AstraError {
  return new AstraError(code, { ...facts, detail, reason: `${detail} (${facts.reason})` })
}
