import type { TensorSpec } from '@astraapi/oip'
import manifest from '../../package.json' with { type: 'json' }
import type { LoadedVersion } from '../repository/loaded-version.ts'
import type { Repository } from '../repository/repository.ts'

/** What `GET /v2` answers. */
export const serverMetadata = {
  name: 'astraapi-runtime',
  version: manifest.version,
  extensions: ['binary_tensor_data', 'generate', 'model_configuration', 'model_repository', 'parameters'],
} as const

/** What `GET /v2/models/…` answers; the parameters are this server's own addition. */
export function modelMetadata({ name, platform, signature, digest, generates }: LoadedVersion, repository: Repository) {
  const { inputs, outputs } = signature
  const parameters = { digest, ...(generates && { generates }) }
  return { name, versions: repository.readyVersions(name), platform, inputs, outputs, parameters }
}

/**
 * What `GET /v2/models/…/config` answers, in the words of Triton's model configuration. `max_batch_size` 0 says that the
 * dimensions are whole, the batch's included, and not that nothing is batched.
 */
export function modelConfig({ name, platform, signature }: LoadedVersion) {
  const { inputs, outputs } = signature
  return { name, platform, max_batch_size: 0, input: inputs.map(tensorConfig), output: outputs.map(tensorConfig) }
}

function tensorConfig({ name, datatype, shape }: TensorSpec) {
  return { name, data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`, dims: shape }
}
