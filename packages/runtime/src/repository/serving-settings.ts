import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { quote } from '@astraapi/oip'
import type { GenerationSettings } from '../models/text-model.ts'
import { nearest } from './nearest.ts'

/** Beside the model file, and left out of the digest: it says how a version is run, and changes no answer. */
export const SERVING_FILE = 'serving.json'

export interface ServingSettings {
  /** False: every call is computed by itself, in one piece. */
  readonly batching: BatchingSettings | false
  /** How long a call may be expected to wait before further ones are refused. */
  readonly queueMsMax: number
  /** How long a batch may compute, or a generation bring nothing, before its worker is ended. */
  readonly computeMsMax: number
  /** How long a worker may take to start and load. */
  readonly loadMsMax: number
  /** Worker processes. */
  readonly instances: number
  /** Threads that one inference, or all generations of a worker together, may use. */
  readonly threads: number
  readonly generation: GenerationSettings
  /** What a worker may occupy; unlimited if undefined. */
  readonly memoryBytesMax: number | undefined
  /** Requests to run before the first caller's; undefined: one on zeros and empty strings. */
  readonly warmUp: readonly object[] | undefined
}

export interface BatchingSettings {
  /** Rows in a batch. */
  readonly rowsMax: number
  /** How long a batch that is not full waits for more while a worker is free. */
  readonly delayMs: number
}

/** What depends on the kind of model. */
export interface ServingDefaults {
  readonly threads: number
  readonly computeMsMax?: number
  readonly loadMsMax?: number
}

/** Reads the file of a version's folder; it may be absent. Throws an Error that names the field at fault. */
export async function readServingSettings(folder: string, defaults: ServingDefaults): Promise<ServingSettings> {
  return parseServingSettings(parseJson(await textOf(join(folder, SERVING_FILE))), defaults)
}

const bytesMax = 2 ** 20

/** A pipe or a device would be read for ever, and keep the process from ending. */
async function textOf(file: string): Promise<string> {
  try {
    const found = await stat(file)
    if (!found.isFile() || found.size > bytesMax) throw new Error(`${SERVING_FILE} is no regular file of at most 1 MiB`)
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}'
    throw error
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${SERVING_FILE} is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}

export function parseServingSettings(value: unknown, defaults: ServingDefaults): ServingSettings {
  const fields = [
    'batching',
    'queueMsMax',
    'computeMsMax',
    'loadMsMax',
    'instances',
    'threads',
    'generation',
    'memoryBytesMax',
    'warmUp',
  ]
  const given = asFields(value, '', fields)
  return {
    batching: readBatching(given.batching),
    queueMsMax: readNumber(given, 'queueMsMax', 2000, 0, 600_000),
    computeMsMax: readNumber(given, 'computeMsMax', defaults.computeMsMax ?? 30_000, 1, MS_MAX),
    loadMsMax: readNumber(given, 'loadMsMax', defaults.loadMsMax ?? 60_000, 1, MS_MAX),
    instances: readInteger(given, 'instances', 1, 1, 64),
    threads: readInteger(given, 'threads', defaults.threads, 1, 256),
    generation: readGeneration(given.generation),
    memoryBytesMax: readBytes(given.memoryBytesMax),
    warmUp: readWarmUp(given.warmUp),
  }
}

const MS_MAX = 24 * 3_600_000
const ROWS_MAX = 1024
const DELAY_MS_MAX = 5
const MEMORY_BYTES_MIN = 2 ** 26
const CONTEXT_SIZE_MAX = 2 ** 20
const SEQUENCES_MAX = 64

type Fields = Readonly<Record<string, unknown>>

function asFields(value: unknown, label: string, known: readonly string[]): Fields {
  if (!isFields(value)) throw wrong(label, 'must be an object', value)
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    const meant = nearest(name, known)
    const advice = meant === undefined ? `the fields are ${known.join(', ')}` : `did you mean ${meant}?`
    throw new Error(`${SERVING_FILE} has an unknown field ${quote(dotted(label, name))}: ${advice}`)
  }
  return value
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readBatching(value: unknown): ServingSettings['batching'] {
  if (value === false) return false
  if (value !== undefined && !isFields(value)) throw wrong('batching', 'must be an object, or false', value)
  const given = asFields(value ?? {}, 'batching', ['rowsMax', 'delayMs'])
  return {
    rowsMax: readInteger(given, 'rowsMax', 8, 1, ROWS_MAX, 'batching'),
    delayMs: readNumber(given, 'delayMs', 0, 0, DELAY_MS_MAX, 'batching'),
  }
}

function readGeneration(value: unknown): GenerationSettings {
  const given = asFields(value ?? {}, 'generation', ['contextSize', 'sequences', 'gpu'])
  const { contextSize, gpu = 'auto' } = given
  if (gpu !== 'auto' && gpu !== false) throw wrong('generation.gpu', 'must be "auto" or false', gpu)
  return {
    contextSize:
      contextSize === undefined ? undefined : readInteger(given, 'contextSize', 0, 16, CONTEXT_SIZE_MAX, 'generation'),
    sequences: readInteger(given, 'sequences', 2, 1, SEQUENCES_MAX, 'generation'),
    gpu,
  }
}

function readInteger(given: Fields, name: string, standard: number, min: number, max: number, parent = ''): number {
  const value = given[name] ?? standard
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw wrong(dotted(parent, name), `must be an integer from ${min} to ${max}`, value)
}

function readNumber(given: Fields, name: string, standard: number, min: number, max: number, parent = ''): number {
  const value = given[name] ?? standard
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw wrong(dotted(parent, name), `must be a number from ${min} to ${max}`, value)
}

const UNITS: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

function readBytes(value: unknown): number | undefined {
  if (value === undefined) return undefined
  const [, count, unit = ''] = /^(\d{1,7}) ?(KiB|MiB|GiB)$/.exec(String(value)) ?? []
  const bytes = typeof value === 'number' ? value : Number(count) * (UNITS[unit] ?? Number.NaN)
  if (Number.isSafeInteger(bytes) && bytes >= MEMORY_BYTES_MIN) return bytes
  throw wrong('memoryBytesMax', 'must be a number of bytes, or a text such as "512MiB", and at least 64 MiB', value)
}

function readWarmUp(value: unknown): ServingSettings['warmUp'] {
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.every(isFields)) return value
  throw wrong('warmUp', 'must be an array of requests, such as {"inputs": […]}', value)
}

function dotted(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`
}

function wrong(field: string, what: string, value: unknown): Error {
  return new Error(`${[SERVING_FILE, field].filter(Boolean).join(': ')} ${what}, not ${quote(value)}`)
}
