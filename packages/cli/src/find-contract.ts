import { Failure } from './failures.ts'
import type { Deployments } from './platform.ts'

/** The contract that a command means: of the default major, unless another was asked for ("v2"). */
export function findContract({ models }: Deployments, name: string, asked: string | undefined) {
  const model = models.find((one) => one.name === name)
  if (!model) throw new Failure(1, `There is no model "${name}". "astraapi models" lists the models.`)
  const major = asked ?? model.defaultMajor
  const contract = model.contracts.find((one) => one.major === major)
  if (contract) return contract
  throw new Failure(1, `${name} has no ${major}. It has ${model.contracts.map((one) => one.major).join(', ')}.`)
}
