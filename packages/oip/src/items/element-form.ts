import { bf16OfNumber, numberOfBf16 } from '../bf16.ts'
import type { Datatype, TensorData } from '../datatype.ts'
import { shortFloat32 } from '../short-float32.ts'

/** How a datatype's element looks in an item, which is JSON: numbers, booleans and strings. */
export interface ElementForm {
  /** Completes "must be …". */
  readonly needs: string
  /** Puts a value into its place; false when it does not fit. */
  write(value: unknown, into: Cells, at: number): boolean
  /** The value at a place; undefined when JSON has none for it. */
  read(data: TensorData, at: number): unknown
}

/** Elements in memory, to be filled in. */
export interface Cells {
  [index: number]: unknown
}

/**
 * Ranges are held here because servers differ: some wrap 300 round to 44 in a UINT8 rather than refuse it. Of 64 bits only
 * those integers are taken and given that JSON.parse surely does not round. NaN and Infinity are no JSON.
 */
export const ELEMENT_FORMS: Readonly<Record<Datatype, ElementForm>> = {
  BOOL: {
    needs: 'true or false',
    write(value, into, at) {
      if (typeof value !== 'boolean') return false
      into[at] = value ? 1 : 0
      return true
    },
    read: (data, at) => data[at] !== 0,
  },
  UINT8: integer(0, 2 ** 8 - 1),
  UINT16: integer(0, 2 ** 16 - 1),
  UINT32: integer(0, 2 ** 32 - 1),
  UINT64: wideInteger(0, Number.MAX_SAFE_INTEGER),
  INT8: integer(-(2 ** 7), 2 ** 7 - 1),
  INT16: integer(-(2 ** 15), 2 ** 15 - 1),
  INT32: integer(-(2 ** 31), 2 ** 31 - 1),
  INT64: wideInteger(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  FP16: float('an FP16 number', (value) => Number.isFinite(Math.f16round(value))),
  BF16: {
    needs: 'a BF16 number',
    write(value, into, at) {
      if (typeof value !== 'number') return false
      const bits = bf16OfNumber(value)
      if (!Number.isFinite(numberOfBf16(bits))) return false
      into[at] = bits
      return true
    },
    read: (data, at) => finite(numberOfBf16(Number(data[at]))),
  },
  // As short as the protocol's own JSON writes it, so that an answer is the same whichever way it came.
  FP32: {
    ...float('an FP32 number', (value) => Number.isFinite(Math.fround(value))),
    read: (data, at) => finite(shortFloat32(Number(data[at]))),
  },
  FP64: float('a number', Number.isFinite),
  BYTES: {
    needs: 'a string',
    write(value, into, at) {
      if (typeof value !== 'string') return false
      into[at] = value
      return true
    },
    read: (data, at) => data[at],
  },
}

function integer(min: number, max: number): ElementForm {
  return {
    needs: `an integer from ${min} to ${max}`,
    write(value, into, at) {
      if (!isIntegerWithin(value, min, max)) return false
      into[at] = value
      return true
    },
    read: (data, at) => data[at],
  }
}

function wideInteger(min: number, max: number): ElementForm {
  return {
    needs: `an integer from ${min} to ${max}`,
    write(value, into, at) {
      if (!isIntegerWithin(value, min, max)) return false
      into[at] = BigInt(value)
      return true
    },
    read(data, at) {
      const value = Number(data[at])
      return Number.isSafeInteger(value) ? value : undefined
    },
  }
}

function float(needs: string, fits: (value: number) => boolean): ElementForm {
  return {
    needs,
    write(value, into, at) {
      if (typeof value !== 'number' || !fits(value)) return false
      into[at] = value
      return true
    },
    read: (data, at) => finite(Number(data[at])),
  }
}

function isIntegerWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}
