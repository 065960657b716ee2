import { isDeepStrictEqual } from 'node:util'
import type { ContractRevision } from '../catalog-state.ts'
import type { Violation } from '../errors.ts'
import type { TensorSignature, TensorSpec } from '../tensors.ts'
import { closeSchema } from './closed.ts'
import { misfits } from './misfits.ts'
import type { Schema } from './schema.ts'

/**
 * Every place where callers of `before` would break under `after`, as JSON Pointers into the later revision ("/input/…",
 * "/output/…", "/chunk/…", "/tensors/…"), or into the earlier one for what is gone. Empty only when every input that fitted
 * still fits, and every output and chunk that can come now could have come before, new fields aside. Where that cannot be
 * decided, the place counts as breaking.
 */
export function breakingChanges(before: ContractRevision, after: ContractRevision): Violation[] {
  return [
    ...misfits(before.input, after.input, 'input', '/input'),
    ...misfits(after.output, before.output, 'output', '/output'),
    ...chunkChanges(before.chunk, after.chunk),
    ...tensorChanges(before.tensors, after.tensors),
  ]
}

/** Whether two revisions decide the same, titles, descriptions and examples aside. */
export function sameRevision(a: ContractRevision, b: ContractRevision): boolean {
  return isDeepStrictEqual(decisive(a), decisive(b))
}

function decisive({ input, output, chunk, tensors }: ContractRevision) {
  const plain = (schema: Schema) => withoutNotes(closeSchema(schema))
  return { input: plain(input), output: plain(output), chunk: chunk && plain(chunk), tensors }
}

function withoutNotes(schema: Schema): object {
  const { title, description, default: _, examples, deprecated, properties, required, ...rest } = schema
  const { additionalProperties: more, items, prefixItems, oneOf } = rest
  const fields = Object.entries(properties ?? {}).map(([name, field]) => [name, withoutNotes(field)])
  return {
    ...rest,
    ...(properties ? { properties: Object.fromEntries(fields) } : {}),
    ...(required?.length ? { required: [...required].sort() } : {}),
    ...(typeof more === 'object' ? { additionalProperties: withoutNotes(more) } : {}),
    ...(items ? { items: withoutNotes(items) } : {}),
    ...(prefixItems ? { prefixItems: prefixItems.map(withoutNotes) } : {}),
    ...(oneOf ? { oneOf: oneOf.map(withoutNotes) } : {}),
  }
}

function chunkChanges(before: Schema | undefined, after: Schema | undefined): Violation[] {
  if (!before) return []
  if (!after) return [{ path: '/chunk', message: 'is gone: the contract would no longer stream' }]
  return misfits(after, before, 'output', '/chunk')
}

/** Callers that speak tensors send each input and read the outputs they know, and so only outputs may be added. */
function tensorChanges(before: TensorSignature | undefined, after: TensorSignature | undefined): Violation[] {
  if (!before) return []
  if (!after) return [{ path: '/tensors', message: 'is gone: calls by tensors would be refused' }]
  const added = after.inputs.filter(({ name }) => !before.inputs.some((one) => one.name === name))
  return [
    ...changedTensors(before.inputs, after.inputs, '/tensors/inputs'),
    ...changedTensors(before.outputs, after.outputs, '/tensors/outputs'),
    ...added.map(({ name }) => ({
      path: `/tensors/inputs/${name}`,
      message: 'is new: calls that lack it would be refused',
    })),
  ]
}

function changedTensors(before: readonly TensorSpec[], after: readonly TensorSpec[], path: string): Violation[] {
  return before.flatMap((tensor) => {
    const now = after.find(({ name }) => name === tensor.name)
    if (!now) return [{ path: `${path}/${tensor.name}`, message: 'is gone' }]
    if (describe(now) === describe(tensor)) return []
    return [{ path: `${path}/${tensor.name}`, message: `was ${describe(tensor)} and is ${describe(now)} now` }]
  })
}

function describe({ datatype, shape }: TensorSpec): string {
  return `${datatype}[${shape.join(', ')}]`
}
