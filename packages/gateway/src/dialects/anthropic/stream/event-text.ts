import type { JsonObject } from '../../dialect.ts'

/** A server-sent event as this protocol writes it: its name stands before the data and in it. */
export function eventText(type: string, members: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}
