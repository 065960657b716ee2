/**
 * Headers as names and values by turns, which Node takes as they are. An object for each answer and one for each part of it, laid over one
 * another, were 1 kB a call.
 */
export type HeaderList = string[]

/** For answers that leave through Fastify. */
export function headersIn(list: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let i = 0; i + 1 < list.length; i += 2) headers[list[i] ?? ''] = list[i + 1] ?? ''
  return headers
}
