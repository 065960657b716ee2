import type { ToldError } from '../wire/tell-error.ts'
import { wireEmit } from '../wire/wire-emit.ts'
import { openaiLimits } from './openai-limits.ts'

/** OpenAI's kinds of error by status; any other below 500 is the request's. */
const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  // What is not supported is the caller's to leave out.
}

/** The one code that clients look for. */
const codes: Readonly<Record<string, string>> = { unknown_model: 'model_not_found' }

/** How answers leave by the OpenAI door. */
export const openaiEmit = wireEmit({
  idHeader: 'x-request-id',
  limits: openaiLimits,
  errorsNameCall: false,
  error: (told) => ({ error: errorObject(told) }),
  errorEvent: (told, _callId, dialect, last) =>
    dialect === 'openai-responses' ? responsesErrorEvent(told, last) : data({ error: errorObject(told) }),
})

function errorObject({ code, status, message, place }: ToldError) {
  const type = types[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
  return { message, type, param: place ?? null, code: codes[code] ?? code }
}

/** Its events are numbered through. */
function responsesErrorEvent(told: ToldError, last: Buffer | string): string {
  const { message, param, code } = errorObject(told)
  return `event: error\n${data({ type: 'error', code, message, param, sequence_number: nextNumber(last) })}`
}

function nextNumber(last: Buffer | string): number {
  const number = /.*"sequence_number":\s*(\d+)/s.exec(last.toString())?.[1]
  return number === undefined ? 0 : Number(number) + 1
}

/** JSON.stringify leaves no line break in its text, so one data line always does. */
function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
