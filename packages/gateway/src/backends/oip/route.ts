import { elementCount } from '@astraapi/oip'
import type { Version } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { TensorSignature, TensorSpec } from '../../kernel/tensors.ts'
import { readSettings, versionPath } from './settings.ts'

/** Where a version is called, and what its tensors ask for. */
export interface Route {
  readonly path: string
  readonly signature: TensorSignature
  /** Has tensors that JSON cannot carry. */
  readonly binaryOnly: boolean
  /** Numbers in one row of the outputs, as far as the signature tells. */
  readonly outputNumbers: number
}

const routes = new WeakMap<Version, Route>()

export function routeOf(version: Version): Route {
  const known = routes.get(version)
  if (known) return known
  if (!version.tensors) throw new AstraError('internal', { reason: `version ${version.id} has no tensor signature` })
  const path = `${versionPath(readSettings(version.state.settings))}/infer`
  const { inputs, outputs } = version.tensors
  const route = {
    path,
    signature: version.tensors,
    binaryOnly: [...inputs, ...outputs].some(isBinaryOnly),
    outputNumbers: outputs.reduce((sum, { datatype, shape }) => sum + (datatype === 'BYTES' ? 0 : rowSize(shape)), 0),
  }
  routes.set(version, route)
  return route
}

/** FP16 and BF16 have no form in JSON. */
export function isBinaryOnly({ datatype }: TensorSpec): boolean {
  return datatype === 'FP16' || datatype === 'BF16'
}

function rowSize([, ...dims]: readonly number[]): number {
  return elementCount(dims.map((size) => Math.max(size, 0)))
}
