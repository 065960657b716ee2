import type { RequestOptions } from './call-options.ts'
import { isObject, jsonText, parseJson } from './json.ts'
import type { Link } from './link.ts'
import { strangeAnswer } from './problem.ts'
import { send } from './send.ts'

export interface PlatformOptions extends RequestOptions {
  /** Lists are joined by commas; what is undefined is left out. */
  readonly query?: Readonly<Record<string, QueryValue | undefined>> | undefined
  readonly body?: unknown
  /** The ETag that was read, without quotes, or "*". */
  readonly ifMatch?: string | number | undefined
}

export type QueryValue = string | number | boolean | readonly string[]

export interface PlatformAnswer<Data> {
  /** Undefined where the answer has no body. */
  readonly data: Data
  /** Without quotes. */
  readonly etag: string | undefined
}

export type PlatformMethod = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Asks the platform API. `path` is below /api/v1; its parts are encoded by the caller. `Data` is taken on trust. */
export function requestPlatform<Data>(
  link: Link,
  method: PlatformMethod,
  path: `/${string}`,
  options: PlatformOptions,
): Promise<PlatformAnswer<Data>> {
  const { query = {}, body, ifMatch } = options
  const request = {
    method,
    path: `/api/v1${path}${queryText(query)}`,
    headers: {
      accept: 'application/json',
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch === '*' ? '*' : `"${ifMatch}"` }),
    },
    body: body === undefined ? undefined : jsonText(body),
  }
  return send(link, options, request, readPlatformAnswer<Data>)
}

function readPlatformAnswer<Data>(response: Response, body: string): PlatformAnswer<Data> {
  const data = body === '' ? undefined : parseJson(body)
  if (body !== '' && !isObject(data)) throw strangeAnswer(response, body)
  const etag = response.headers.get('etag')?.replace(/^(?:W\/)?"(.*)"$/, '$1')
  return { data: data as Data, etag }
}

function queryText(query: NonNullable<PlatformOptions['query']>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
