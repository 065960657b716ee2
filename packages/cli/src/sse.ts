/** One event of a text/event-stream; its data is JSON. */
export interface ServerSentEvent {
  readonly event: string
  readonly data: unknown
}

/** The gateway's own streams only: one `event` line and one `data` line each, ended by an empty line. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncIterable<ServerSentEvent> {
  const decoder = new TextDecoder()
  let waiting = ''
  for await (const bytes of body) {
    const parts = (waiting + decoder.decode(bytes, { stream: true })).split(/\r?\n\r?\n/)
    waiting = parts.pop() ?? ''
    for (const part of parts) {
      const data = /^data: ?(.*)$/m.exec(part)?.[1]
      if (data !== undefined) yield { event: /^event: ?(.*)$/m.exec(part)?.[1] ?? 'message', data: JSON.parse(data) }
    }
  }
}
