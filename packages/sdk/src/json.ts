import { errorFrom } from './errors.ts'

/** The JSON value of a text, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The JSON text of a body. Throws an InputError (`invalid_body`) for what JSON cannot hold. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw errorFrom({
      code: 'invalid_body',
      detail: `The body cannot be written as JSON: ${cause instanceof Error ? cause.message.split('\n', 1)[0] : cause}`,
      next: 'Take out what JSON cannot hold, such as a cycle or a bigint; nothing was sent.',
      cause,
    })
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
