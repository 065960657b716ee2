/** What a token says of itself, before anything of it is believed. */
export interface TokenShape {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/** Real ones have 1 to 3 kB; Node itself takes 16 KiB of headers. */
export const tokenLengthMax = 8192

/** Undefined for what is no JSON Web Token in its compact form (RFC 7519, section 3). */
export function readShape(token: string): TokenShape | undefined {
  const [header, payload] = token.split('.', 2).map(readPart)
  return header && payload && { header, payload }
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
