export { bf16OfNumber, numberOfBf16 } from './bf16.ts'
export { bytesOfData, dataOfBytes } from './binary-data.ts'
export {
  type ContentEncoding,
  chooseEncoding,
  compress,
  decompress,
  readContentEncoding,
} from './content-encoding.ts'
export {
  DATATYPES,
  type Datatype,
  type DatatypeInfo,
  type ElementSource,
  isDatatype,
  type TensorData,
} from './datatype.ts'
export { decodeInferRequest, type InferRequest, type WantedOutput } from './decode-infer-request.ts'
export { decodeInferResponse, type InferResult } from './decode-infer-response.ts'
export type { Encoded } from './encode-body.ts'
export { encodeInferRequest, type OutgoingRequest } from './encode-infer-request.ts'
export { encodeInferResponse, type InferResponse } from './encode-infer-response.ts'
export { flatten } from './flatten.ts'
export { GatheredBytes } from './gathered-bytes.ts'
export { itemsToTensors } from './items/items-to-tensors.ts'
export { type ItemViolation, MisfitError } from './items/misfit.ts'
export { groupItems, type ItemGroup } from './items/row-dims.ts'
export { type Batch, startBatch } from './items/start-batch.ts'
export { itemReader, tensorsToItems } from './items/tensors-to-items.ts'
export { asObject, type JsonObject, parseJsonBody } from './json-body.ts'
export type { Parameters } from './parameters.ts'
export { invalid, PROTOCOL_ERROR_STATUS, ProtocolError, type ProtocolErrorCode, quote } from './protocol-error.ts'
export { shortFloat32 } from './short-float32.ts'
export { elementCount, type Signature, shapeFits, type Tensor, type TensorSpec } from './tensor.ts'
