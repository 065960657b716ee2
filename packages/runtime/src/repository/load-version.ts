import { join } from 'node:path'
import { DATATYPES, elementCount, type Tensor, type TensorSpec } from '@astraapi/oip'
import type { Logger } from 'pino'
import type { Model } from '../models/model.ts'
import { MODEL_FILES } from '../models/model-files.ts'
import { hashFolder, versionDigest } from './digest.ts'
import { createLane, type Lane } from './lane.ts'
import type { FoundVersion } from './scan.ts'

/** A version that can be called. */
export interface LoadedVersion {
  readonly name: string
  readonly version: string
  /** `sha256:…` */
  readonly digest: string
  readonly model: Model
  /** Every inference of this version passes here. */
  readonly lane: Lane
}

export interface LoadSettings {
  readonly threads: number
  readonly waitingMax: number
  readonly log: Logger
}

/** Loads a version and warms it up. Throws an Error whose message is the reason why it cannot be had. */
export async function loadVersion(found: FoundVersion, settings: LoadSettings): Promise<LoadedVersion> {
  const { name, version, folder, files } = found
  const [file, other] = files
  const load = MODEL_FILES[file ?? '']
  if (file === undefined || load === undefined) throw new Error('No model file is left in its folder')
  if (other !== undefined) throw new Error(`The folder holds ${files.join(' and ')}: keep one of them`)
  const hash = await hashFolder(folder)
  const filesDigest = hash.copy().digest('hex')
  const model = await load(join(folder, file), { threads: settings.threads, filesDigest })
  await warmUp(model).catch((error) =>
    settings.log.warn(
      { model: name, version, err: error },
      'warm-up on zeros failed; the model is served all the same',
    ),
  )
  // ONNX Runtime computes on the thread that calls it, so a second inference at a time would gain nothing, and one
  // at a time leaves requests room between two of them.
  const lane = createLane({ width: 1, waitingMax: settings.waitingMax })
  return { name, version, digest: versionDigest(hash, model.identity), model, lane }
}

/** One inference on zeros and empty strings, so that the first caller does not pay for what is made on first use. */
async function warmUp(model: Model): Promise<void> {
  await model.infer(
    model.signature.inputs.map(zeros),
    model.signature.outputs.map((output) => output.name),
  )
}

function zeros({ name, datatype, shape: declared }: TensorSpec): Tensor {
  const shape = declared.map((size) => (size === -1 ? 1 : size))
  return { name, datatype, shape, data: DATATYPES[datatype].zeros(elementCount(shape)) }
}
