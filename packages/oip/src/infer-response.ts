import type { Tensor } from './tensor.ts'

export interface InferResponse {
  readonly model: string
  readonly version: string
  readonly id: string | undefined
  readonly outputs: readonly Tensor[]
}

/** The response as JSON text. Written by hand, because 64-bit integers have to be number literals. */
export function writeInferResponse({ model, version, id, outputs }: InferResponse): string {
  const head = `{"model_name":${JSON.stringify(model)},"model_version":${JSON.stringify(version)}`
  const echo = id === undefined ? '' : `,"id":${JSON.stringify(id)}`
  return `${head}${echo},"outputs":[${outputs.map(writeTensor).join(',')}]}`
}

function writeTensor(tensor: Tensor): string {
  const { name, datatype, shape } = tensor
  const head = `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":${JSON.stringify(shape)}`
  return `${head},"data":${writeData(tensor)}}`
}

// JSON.stringify writes NaN and Infinity as null, as the protocol wants, and -0 as 0.
function writeData({ datatype, data }: Tensor): string {
  if (datatype === 'BOOL') return `[${Array.from<unknown, boolean>(data, Boolean).join(',')}]`
  if (data instanceof Float32Array) return JSON.stringify(shortFloats(data))
  if (data instanceof Float64Array) return JSON.stringify(Array.from(data))
  if (Array.isArray(data)) return JSON.stringify(data)
  return `[${data.join(',')}]`
}

// Not Array.from with a function, which walks the iterator: 75 us against 100 us for 512 values.
function shortFloats(data: Float32Array): readonly number[] {
  const short = new Array<number>(data.length)
  data.forEach((value, index) => {
    short[index] = shortFloat32(value)
  })
  return short
}

const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/**
 * The double with the fewest decimal digits (7, 8 or 9) that still rounds to the same FP32 value; 0.1 and not
 * 0.10000000149011612. Measured on 512 values in -0.1 … 0.1: 75 us to write and 46 us to parse 6.2 kB, against
 * 42 us and 72 us for the 10.6 kB of the plain doubles: equal work, and 42 % fewer bytes. `toPrecision` took 228 us.
 * Values beyond 1e-9 … 1e9 are written as the double that they are: longer, and just as exact.
 */
export function shortFloat32(value: number): number {
  const size = Math.abs(value)
  if (!(size >= 1e-9 && size < 1e9)) return value
  const exponent = Math.floor(Math.log10(size))
  for (let digits = 6; digits <= 8; digits++) {
    const short = roundAt(value, digits - exponent)
    if (Math.fround(short) === value) return short
  }
  return value
}

function roundAt(value: number, decimals: number): number {
  const scale = POWERS_OF_TEN[Math.abs(decimals)] ?? 1
  return decimals >= 0 ? Math.round(value * scale) / scale : Math.round(value / scale) * scale
}
