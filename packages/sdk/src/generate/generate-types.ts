import { type Contract, type ModelContracts, readContractFile } from './contract-file.ts'
import { docComment, prose } from './doc-comment.ts'
import { literal, propertyKey } from './literal.ts'
import type { Schema } from './schema.ts'
import { typeName } from './type-name.ts'
import { typeText } from './type-text.ts'

export interface GenerateOptions {
  /** Where the written module imports the client from. Default: "@astraapi/sdk". */
  readonly importFrom?: string
}

/**
 * Writes a TypeScript module from a contract file (the parsed JSON of GET /api/v1/contracts): a type per input, output and
 * chunk, `Models`, and `createClient`. The same contracts give the same text. Throws an InputError (`invalid_contracts`).
 */
export function generateTypes(contractFile: unknown, { importFrom = '@astraapi/sdk' }: GenerateOptions = {}): string {
  const models = sorted(readContractFile(contractFile).models)
  const contracts = models.flatMap(([model, { contracts }]) =>
    byMajor(contracts).map(([major, contract]) => ({ model, major, contract })),
  )
  return `${[
    '// Written by "astraapi generate". Do not edit: generate it again when a contract changes.',
    `import { type Astra, type AstraOptions, createAstra } from ${literal(importFrom)}`,
    '',
    docComment(['The deployed models, by name and major.'], '').trimEnd(),
    `export interface Models {\n${models.map(([name, model]) => modelText(name, model)).join('')}}`,
    '',
    docComment(['A client of a gateway with these models.'], '').trimEnd(),
    'export const createClient = (options: AstraOptions): Astra<Models> => createAstra<Models>(options)',
    ...contracts.flatMap(({ model, major, contract }) => parts(contract).map((part) => partText(model, major, part))),
  ].join('\n')}\n`
}

function modelText(name: string, { description, owner, default: major, contracts }: ModelContracts): string {
  const doc = [...prose(description), ...prose(`Owner: ${owner}. Default: ${major}.`)]
  const majors = byMajor(contracts).map(([each, contract]) => majorText(name, each, contract))
  return `${docComment(doc, '  ')}  ${propertyKey(name)}: {\n${majors.join('')}  }\n`
}

function majorText(model: string, major: string, contract: Contract): string {
  const { task, revision, description, deprecated, examples } = contract
  const call = `astra.models${/^\w+$/.test(model) ? `.${model}` : `[${literal(model)}]`}.${major}.predict`
  const inputs = examples
    .map(({ input }) => JSON.stringify(input))
    .filter((text) => text && text.length <= exampleCharactersMax)
  const doc = [
    ...prose(description),
    ...prose(`Task: ${task}. Contract revision ${revision}.`),
    ...(deprecated ? [`@deprecated ${deprecation(deprecated)}`] : []),
    ...inputs.map((input) => `@example await ${call}(${input})`),
  ]
  const fields = parts(contract).map(({ part, field }) => `      ${field}: ${typeName(model, major, part)}\n`)
  return `${docComment(doc, '    ')}    ${major}: {\n${fields.join('')}    }\n`
}

/** Longer examples would hide the rest of the comment. */
const exampleCharactersMax = 300

function deprecation({ since, sunset }: NonNullable<Contract['deprecated']>): string {
  return `Since ${since}${sunset === undefined ? '' : `; it goes away on ${sunset}`}.`
}

interface Part {
  readonly field: 'input' | 'output' | 'chunk'
  readonly part: 'Input' | 'Output' | 'Chunk'
  readonly schema: Schema
}

/** The chunk's form is part of a contract only where it streams; there, it may be left open. */
function parts({ input, output, chunk = {}, streams }: Contract): readonly Part[] {
  return [
    { field: 'input', part: 'Input', schema: input },
    { field: 'output', part: 'Output', schema: output },
    ...(streams ? [{ field: 'chunk', part: 'Chunk', schema: chunk } as const] : []),
  ]
}

function partText(model: string, major: string, { part, field, schema }: Part): string {
  const text = typeText(schema, { lists: field === 'input' ? 'readonly' : 'mutable' })
  return `\n${docComment(prose(schema.description ?? schema.title), '')}export type ${typeName(model, major, part)} = ${text}`
}

function byMajor(contracts: Readonly<Record<string, Contract>>): [string, Contract][] {
  return Object.entries(contracts).sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}
