import { errorFrom, type Violation } from '../errors.ts'
import { isObject } from '../json.ts'
import { checkSchema } from './check-schema.ts'
import type { Schema } from './schema.ts'

/** What GET /api/v1/contracts answers: the contracts that are published, by model and major. */
export interface ContractFile {
  readonly astra: 'contracts/1'
  readonly models: Readonly<Record<string, ModelContracts>>
}

export interface ModelContracts {
  readonly owner: string
  readonly description?: string
  readonly default: string
  /** By major: "v1", "v2", … */
  readonly contracts: Readonly<Record<string, Contract>>
}

export interface Contract {
  readonly revision: number
  readonly task: string
  readonly description?: string
  readonly streams: boolean
  readonly input: Schema
  readonly output: Schema
  readonly chunk?: Schema
  readonly examples: readonly { readonly input: unknown }[]
  readonly deprecated?: { readonly since: string; readonly sunset?: string }
}

/** Checks that a value is a contract file. Throws an InputError (`invalid_contracts`) that names every fault. */
export function readContractFile(value: unknown): ContractFile {
  if (!isObject(value) || value.astra !== 'contracts/1') throw otherFile(value)
  const violations = isObject(value.models)
    ? Object.entries(value.models).flatMap(([name, model]) => checkModel(name, model))
    : [fault('/models', 'must be an object')]
  if (violations.length === 0) return value as unknown as ContractFile
  throw errorFrom({
    code: 'invalid_contracts',
    detail: 'The contract file is not valid',
    next: 'Fetch it again (GET /api/v1/contracts), or update @astraapi/sdk.',
    violations,
  })
}

function otherFile(value: unknown) {
  const form = isObject(value) && typeof value.astra === 'string' ? value.astra : undefined
  return errorFrom({
    code: 'invalid_contracts',
    detail:
      form === undefined
        ? 'This is no contract file: it does not say "astra": "contracts/1"'
        : `This file has the form "${form}", and only "contracts/1" can be read`,
    next: form?.startsWith('contracts/')
      ? 'Update @astraapi/sdk.'
      : 'Give the parsed JSON that GET /api/v1/contracts answers.',
  })
}

function checkModel(name: string, model: unknown): Violation[] {
  const path = `/models/${name}`
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return [fault(path, 'is no name of a model: [a-z][a-z0-9-]*')]
  if (!isObject(model)) return [fault(path, 'must be an object')]
  const contracts = isObject(model.contracts)
    ? Object.entries(model.contracts).flatMap(([major, contract]) => checkContract(major, contract, path))
    : [fault(`${path}/contracts`, 'must be an object')]
  return [...checkFields(model, { owner: isText, description: isTextIfAny, default: isText }, path), ...contracts]
}

function checkContract(major: string, contract: unknown, modelPath: string): Violation[] {
  const path = `${modelPath}/contracts/${major}`
  if (!/^v[1-9]\d*$/.test(major)) return [fault(path, 'is no major version: v1, v2, …')]
  if (!isObject(contract)) return [fault(path, 'must be an object')]
  const { input, output, chunk } = contract
  return [
    ...checkFields(contract, contractFields, path),
    ...checkSchema(input, `${path}/input`),
    ...checkSchema(output, `${path}/output`),
    ...(chunk === undefined ? [] : checkSchema(chunk, `${path}/chunk`)),
  ]
}

type Check = (value: unknown) => string | undefined

const isText: Check = (value) => (typeof value === 'string' ? undefined : 'must be text')
const isTextIfAny: Check = (value) => (value === undefined ? undefined : isText(value))

const contractFields: Readonly<Record<string, Check>> = {
  revision: (value) => (Number.isInteger(value) ? undefined : 'must be an integer'),
  task: isText,
  description: isTextIfAny,
  streams: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  examples: (value) => (Array.isArray(value) && value.every(isObject) ? undefined : 'must be a list of objects'),
  deprecated: (value) =>
    value === undefined || (isObject(value) && !isText(value.since) && !isTextIfAny(value.sunset))
      ? undefined
      : 'must be an object with "since", and "sunset" if any, as text',
}

function checkFields(of: Readonly<Record<string, unknown>>, checks: Readonly<Record<string, Check>>, path: string) {
  return Object.entries(checks).flatMap(([name, check]) => {
    const message = check(of[name])
    return message === undefined ? [] : [fault(`${path}/${name}`, message)]
  })
}

function fault(path: string, message: string): Violation {
  return { path, message }
}
