// Everything that is known about a datatype stands in one table: how its elements lie in memory, what is taken for
// an element from JSON and from a JavaScript module, and the words that tell a caller what is taken.

export type TensorData =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly string[]

/** How elements that come from one kind of source are checked and packed. */
export interface ElementSource {
  /** Completes "takes …" in an error message. */
  readonly expects: string
  /** The elements packed, or the index of the first one that is not acceptable. */
  pack(values: readonly unknown[]): TensorData | number
}

export interface DatatypeInfo {
  zeros(count: number): TensorData
  /** Undefined where the protocol has no JSON form: FP16 and BF16 travel in binary only. */
  readonly json: ElementSource | undefined
  /** Undefined where JavaScript has no value for an element. */
  readonly module: ElementSource | undefined
}

type Guard<E> = (value: unknown) => value is E

function source<E>(expects: string, accepts: Guard<E>, pack: (values: readonly E[]) => TensorData): ElementSource {
  const all = (values: readonly unknown[]): values is readonly E[] => values.every(accepts)
  return {
    expects,
    pack: (values) => (all(values) ? pack(values) : values.findIndex((value) => !accepts(value))),
  }
}

const isNumber: Guard<number> = (value) => typeof value === 'number'
const isSafe: Guard<number> = (value): value is number => Number.isSafeInteger(value)
const isText: Guard<string> = (value) => typeof value === 'string'
const isBoolean: Guard<boolean> = (value) => typeof value === 'boolean'
const isBooleanOrBit: Guard<boolean | number> = (value): value is boolean | number =>
  typeof value === 'boolean' || value === 0 || value === 1

function float(
  // `new F32(values)` converts an array of numbers in one native loop.
  array: (from: number | readonly number[]) => TensorData,
  name: string,
  fits: (value: number) => boolean,
): DatatypeInfo {
  const accepts: Guard<number> = (value): value is number => typeof value === 'number' && fits(value)
  return {
    zeros: array,
    json: source(`a number within the range of ${name}`, accepts, array),
    // A model may well answer NaN or Infinity.
    module: source('a number', isNumber, array),
  }
}

function integer(array: (from: number | readonly number[]) => TensorData, min: number, max: number): DatatypeInfo {
  const accepts: Guard<number> = (value): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
  const elements = source(`an integer from ${min} to ${max}`, accepts, array)
  return { zeros: array, json: elements, module: elements }
}

function wideInteger(
  pack: (values: readonly (number | string | bigint)[]) => TensorData,
  min: bigint,
  max: bigint,
): DatatypeInfo {
  const within = (value: number | string | bigint) => BigInt(value) >= min && BigInt(value) <= max
  const accepts: Guard<number | string> = (value): value is number | string =>
    typeof value === 'string' ? /^-?\d{1,20}$/.test(value) && within(value) : isSafe(value) && within(value)
  const acceptsExact: Guard<number | bigint> = (value): value is number | bigint =>
    (typeof value === 'bigint' || isSafe(value)) && within(value)
  return {
    zeros: (count) => pack(new Array<number>(count).fill(0)),
    // JSON.parse has already lost digits of a larger number, so it is refused rather than answered wrongly.
    json: source(`an integer from ${min} to ${max}, as a decimal string if beyond 2^53 - 1`, accepts, pack),
    module: source(`a bigint or a safe integer from ${min} to ${max}`, acceptsExact, pack),
  }
}

// Held as bit patterns: nothing here computes with them.
const halfPrecision: DatatypeInfo = { zeros: (count) => new Uint16Array(count), json: undefined, module: undefined }

function bits(values: readonly (boolean | number)[]): Uint8Array {
  return Uint8Array.from(values, Number)
}

const sized = <T>(make: { new (count: number): T; new (values: readonly number[]): T }) => {
  return (from: number | readonly number[]): T => (typeof from === 'number' ? new make(from) : new make(from))
}

export const DATATYPES = {
  BOOL: {
    zeros: (count) => new Uint8Array(count),
    json: source('true or false', isBooleanOrBit, bits),
    module: source('true or false', isBoolean, bits),
  },
  INT8: integer(sized(Int8Array), -128, 127),
  INT16: integer(sized(Int16Array), -32_768, 32_767),
  INT32: integer(sized(Int32Array), -2_147_483_648, 2_147_483_647),
  INT64: wideInteger((values) => BigInt64Array.from(values, BigInt), -(2n ** 63n), 2n ** 63n - 1n),
  UINT8: integer(sized(Uint8Array), 0, 255),
  UINT16: integer(sized(Uint16Array), 0, 65_535),
  UINT32: integer(sized(Uint32Array), 0, 4_294_967_295),
  UINT64: wideInteger((values) => BigUint64Array.from(values, BigInt), 0n, 2n ** 64n - 1n),
  FP16: halfPrecision,
  BF16: halfPrecision,
  FP32: float(sized(Float32Array), 'FP32', (value) => Number.isFinite(Math.fround(value))),
  FP64: float(sized(Float64Array), 'FP64', Number.isFinite),
  BYTES: {
    zeros: (count) => new Array<string>(count).fill(''),
    json: source('a string', isText, (values) => values),
    module: source('a string', isText, (values) => values),
  },
} as const satisfies Record<string, DatatypeInfo>

export type Datatype = keyof typeof DATATYPES

export function isDatatype(value: unknown): value is Datatype {
  return typeof value === 'string' && Object.hasOwn(DATATYPES, value)
}
