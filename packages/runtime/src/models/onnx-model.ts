import {
  type Datatype,
  invalid,
  quote,
  type Signature,
  type Tensor,
  type TensorData,
  type TensorSpec,
} from '@astraapi/oip'
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { LoadOptions, Model } from './model.ts'

const ORT_TYPES = [
  ['BOOL', 'bool'],
  ['INT8', 'int8'],
  ['INT16', 'int16'],
  ['INT32', 'int32'],
  ['INT64', 'int64'],
  ['UINT8', 'uint8'],
  ['UINT16', 'uint16'],
  ['UINT32', 'uint32'],
  ['UINT64', 'uint64'],
  ['FP16', 'float16'],
  ['FP32', 'float32'],
  ['FP64', 'float64'],
  ['BYTES', 'string'],
] as const satisfies readonly (readonly [Datatype, OrtTensor.Type])[]
const ORT_TYPE_OF = new Map<Datatype, OrtTensor.Type>(ORT_TYPES)
const DATATYPE_OF = new Map<OrtTensor.Type, Datatype>(ORT_TYPES.map(([datatype, type]) => [type, datatype]))

/** Loads an ONNX file. Throws an Error whose message says what to change in the file. */
export async function loadOnnx(file: string, { threads }: Pick<LoadOptions, 'threads'>): Promise<Model> {
  // Imported here: its native library takes 46 MB, which a process that serves no ONNX model need not load.
  const { InferenceSession, Tensor: OrtTensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Fatal only: a failed run is thrown, and logged here with the model that it belongs to.
    logSeverityLevel: 4,
  }).catch(explain)
  const feed = ({ name, datatype, shape, data }: Tensor) => {
    refuseNul(name, data)
    return [name, new OrtTensor(ORT_TYPE_OF.get(datatype) ?? 'float32', asOrtTakes(data), shape)] as const
  }
  return {
    platform: 'onnxruntime_onnx',
    signature: signatureOf(session),
    identity: undefined,
    batches: batches(session),
    async infer(inputs, outputs) {
      const results = await session.run(Object.fromEntries(inputs.map(feed)), outputs)
      return outputs.map((name) => toTensor(name, results[name]))
    },
    close: () => session.release(),
  }
}

// bfloat16, 4-bit integers, complex numbers: ONNX Runtime knows them, its binding for Node.js does not.
function explain(error: unknown): never {
  const [, code] = /^Unsupported data type: (\d+)$/.exec(error instanceof Error ? error.message : '') ?? []
  if (code === undefined) throw error
  const type = code === '16' ? 'bfloat16' : `data type ${code} of ONNX's list`
  throw new Error(`A tensor is ${type}, which ONNX Runtime's binding for Node.js cannot pass: cast it to FP32`)
}

function signatureOf({ inputMetadata, outputMetadata }: InferenceSession): Signature {
  return {
    inputs: inputMetadata.map((value) => toSpec(value, 'Input')),
    outputs: outputMetadata.map((value) => toSpec(value, 'Output')),
  }
}

/**
 * Whether the first dimension of every tensor is variable, and one and the same: where symbols differ (`n` in, `m` out),
 * it is something else than a batch.
 */
function batches({ inputMetadata, outputMetadata }: InferenceSession): boolean {
  const firsts = [...inputMetadata, ...outputMetadata].map((value) => (value.isTensor ? value.shape[0] : undefined))
  const symbols = new Set(firsts.filter((first) => typeof first === 'string' && first !== ''))
  return firsts.every((first) => typeof first === 'string' || first === -1) && symbols.size <= 1
}

/** ONNX Runtime gives a number or a symbol per dimension, and no dimensions where the rank is unknown. */
function toSpec(value: InferenceSession.ValueMetadata, kind: string): TensorSpec {
  const label = `${kind} ${quote(value.name)}`
  if (!value.isTensor) {
    throw new Error(`${label} is a sequence or a map, not a tensor: export the model with zipmap=False, or without it`)
  }
  const datatype = DATATYPE_OF.get(value.type)
  if (datatype === undefined) throw new Error(`${label} has type ${value.type}, which the protocol does not know`)
  const shape = value.shape.map((size) => (typeof size === 'number' ? size : -1))
  return { name: value.name, datatype, shape }
}

// Its types know no Float16Array; the bits are the same.
function asOrtTakes(data: TensorData) {
  return data instanceof Float16Array ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data
}

// The Node binding hands text over as a C string: what follows U+0000 would be lost without a word.
function refuseNul(name: string, data: TensorData): void {
  if (!Array.isArray(data)) return
  const index = data.findIndex((text) => text.includes('\0'))
  if (index !== -1) throw invalid(`Input ${quote(name)} has U+0000 in element ${index}, which ONNX Runtime cannot take`)
}

function toTensor(name: string, value: OrtTensor | undefined): Tensor {
  const datatype = value && DATATYPE_OF.get(value.type)
  if (value === undefined || datatype === undefined) throw new Error(`Output ${quote(name)} was not computed`)
  return { name, datatype, shape: value.dims, data: value.data }
}
