export {
  DATATYPES,
  type Datatype,
  type DatatypeInfo,
  type ElementSource,
  isDatatype,
  type TensorData,
} from './datatype.ts'
export { flatten } from './flatten.ts'
export { type InferRequest, readInferRequest } from './infer-request.ts'
export { type InferResponse, shortFloat32, writeInferResponse } from './infer-response.ts'
export { asObject, type JsonObject, parseJsonBody } from './json-body.ts'
export { invalid, PROTOCOL_ERROR_STATUS, ProtocolError, type ProtocolErrorCode, quote } from './protocol-error.ts'
export { elementCount, type Signature, shapeFits, type Tensor, type TensorSpec } from './tensor.ts'
