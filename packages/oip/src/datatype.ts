// Everything that is known about a datatype stands in one table: how its elements lie in memory and on the wire, what
// is taken for an element from JSON and from a JavaScript module, and the words that tell a caller what is taken.

/** FP16 is a Float16Array, BF16 a Uint16Array of bit patterns, BOOL a Uint8Array of 0 and 1, BYTES are strings. */
export type TensorData =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float16Array
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
  /** The size of one element in binary; undefined for BYTES, whose elements each state their own. */
  readonly bytes: number | undefined
  /** Elements where they lie in memory, `offset` being a multiple of `bytes`; undefined for BYTES. */
  readonly view: ((buffer: ArrayBufferLike, offset: number, count: number) => TensorData) | undefined
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

type Numbers = Exclude<TensorData, readonly string[] | BigInt64Array | BigUint64Array>

/** A typed array of numbers: how it is made, and the size of its elements. */
interface NumberArray {
  new (count: number): Numbers
  // Converts an array of numbers in one native loop.
  new (values: readonly number[]): Numbers
  new (buffer: ArrayBufferLike, offset: number, count: number): Numbers
  readonly BYTES_PER_ELEMENT: number
}

function layout(array: NumberArray): Pick<DatatypeInfo, 'bytes' | 'view' | 'zeros'> {
  return {
    bytes: array.BYTES_PER_ELEMENT,
    view: (buffer, offset, count) => new array(buffer, offset, count),
    zeros: (count) => new array(count),
  }
}

function float(array: NumberArray, name: string, fits: (value: number) => boolean): DatatypeInfo {
  const accepts: Guard<number> = (value): value is number => typeof value === 'number' && fits(value)
  const pack = (values: readonly number[]) => new array(values)
  return {
    ...layout(array),
    json: source(`a number within the range of ${name}`, accepts, pack),
    // A model may well answer NaN or Infinity.
    module: source('a number', isNumber, pack),
  }
}

function integer(array: NumberArray, min: number, max: number): DatatypeInfo {
  const accepts: Guard<number> = (value): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
  const elements = source(`an integer from ${min} to ${max}`, accepts, (values) => new array(values))
  return { ...layout(array), json: elements, module: elements }
}

type Wide = number | string | bigint

interface WideArray<T extends BigInt64Array | BigUint64Array> {
  new (count: number): T
  new (buffer: ArrayBufferLike, offset: number, count: number): T
  from(values: readonly Wide[], map: (value: Wide) => bigint): T
}

function wideInteger<T extends BigInt64Array | BigUint64Array>(
  array: WideArray<T>,
  min: bigint,
  max: bigint,
): DatatypeInfo {
  const within = (value: Wide) => BigInt(value) >= min && BigInt(value) <= max
  const exact = (value: unknown): value is number | bigint => typeof value === 'bigint' || isSafe(value)
  const accepts: Guard<Wide> = (value): value is Wide =>
    typeof value === 'string' ? /^-?\d{1,20}$/.test(value) && within(value) : exact(value) && within(value)
  const acceptsExact: Guard<number | bigint> = (value): value is number | bigint => exact(value) && within(value)
  const pack = (values: readonly Wide[]) => array.from(values, BigInt)
  return {
    bytes: 8,
    view: (buffer, offset, count) => new array(buffer, offset, count),
    zeros: (count) => new array(count),
    json: source(`an integer from ${min} to ${max}`, accepts, pack),
    module: source(`a bigint or a safe integer from ${min} to ${max}`, acceptsExact, pack),
  }
}

function bits(values: readonly (boolean | number)[]): Uint8Array {
  return Uint8Array.from(values, Number)
}

export const DATATYPES = {
  BOOL: {
    ...layout(Uint8Array),
    json: source('true or false', isBooleanOrBit, bits),
    module: source('true or false', isBoolean, bits),
  },
  INT8: integer(Int8Array, -128, 127),
  INT16: integer(Int16Array, -32_768, 32_767),
  INT32: integer(Int32Array, -2_147_483_648, 2_147_483_647),
  INT64: wideInteger(BigInt64Array, -(2n ** 63n), 2n ** 63n - 1n),
  UINT8: integer(Uint8Array, 0, 255),
  UINT16: integer(Uint16Array, 0, 65_535),
  UINT32: integer(Uint32Array, 0, 4_294_967_295),
  UINT64: wideInteger(BigUint64Array, 0n, 2n ** 64n - 1n),
  FP16: { ...float(Float16Array, 'FP16', (value) => Number.isFinite(Math.f16round(value))), json: undefined },
  BF16: { ...layout(Uint16Array), json: undefined, module: undefined },
  FP32: float(Float32Array, 'FP32', (value) => Number.isFinite(Math.fround(value))),
  FP64: float(Float64Array, 'FP64', Number.isFinite),
  BYTES: {
    bytes: undefined,
    view: undefined,
    zeros: (count) => new Array<string>(count).fill(''),
    json: source('a string', isText, (values) => values),
    module: source('a string', isText, (values) => values),
  },
} as const satisfies Record<string, DatatypeInfo>

export type Datatype = keyof typeof DATATYPES

export function isDatatype(value: unknown): value is Datatype {
  return typeof value === 'string' && Object.hasOwn(DATATYPES, value)
}
