import manifest from '../../package.json' with { type: 'json' }
import type { LoadedVersion } from '../repository/load-version.ts'
import type { Repository } from '../repository/repository.ts'

/** What `GET /v2` answers. */
export const serverMetadata = {
  name: 'astraapi-runtime',
  version: manifest.version,
  extensions: ['model_repository'],
} as const

/** What `GET /v2/models/…` answers; `parameters.digest` is this server's own addition. */
export function modelMetadata({ name, model, digest }: LoadedVersion, repository: Repository) {
  const { platform, signature } = model
  const { inputs, outputs } = signature
  return { name, versions: repository.readyVersions(name), platform, inputs, outputs, parameters: { digest } }
}
