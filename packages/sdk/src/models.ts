import { createEndpoint, type Endpoint, type StreamingEndpoint } from './endpoint.ts'
import type { Link } from './link.ts'

/** `astra.models` for the generated Models: camel-cased names and real ones, then majors. */
export type ModelsClient<Models> = {
  readonly [Name in keyof Models as Name | CamelName<Name>]: {
    readonly [Major in keyof Models[Name]]: EndpointOf<Models[Name][Major]>
  }
}

/** What can be asked of a contract, by its generated types: `{ input, output }`, with `chunk` where it streams. */
export type EndpointOf<Contract> = Contract extends { input: infer Input; output: infer Output }
  ? Contract extends { chunk: infer Chunk }
    ? StreamingEndpoint<Input, Output, Chunk>
    : Endpoint<Input, Output>
  : never

/** Stands in where no types were generated. */
export interface AnyModels {
  readonly [name: string]: {
    readonly [major: `v${number}`]: { readonly input: unknown; readonly output: unknown; readonly chunk: unknown }
  }
}

/** `support-chat` as `supportChat`; never for names like `llama-3`, whose hyphen could not be found again. */
export type CamelName<Name> = Name extends `${string}-${Digit | '-'}${string}` | `${string}-`
  ? never
  : Name extends `${infer Head}-${infer Tail}`
    ? `${Head}${Capitalize<CamelTail<Tail>>}`
    : Name

type CamelTail<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelTail<Tail>>}`
  : Name

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'

/** Made of what is asked for, so that the generated code is types only. */
export function createModels<Models>(link: Link): ModelsClient<Models> {
  return lookUp((name) => {
    const model = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return lookUp((major) => (/^v[1-9]\d*$/.test(major) ? createEndpoint(link, model, major) : undefined))
  }) as ModelsClient<Models>
}

/** `then` is a model like any other: an object of ours is no promise, as what it gives for it is no function. */
function lookUp(find: (name: string) => unknown): object {
  return new Proxy({}, { get: (_, name) => (typeof name === 'string' ? find(name) : undefined) })
}
