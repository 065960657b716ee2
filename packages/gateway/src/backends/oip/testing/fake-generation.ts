import type { ServerResponse } from 'node:http'

/** The generate extension: what is written is the input's own words. */
export function generate(body: string): object {
  const text = textOf(body)
  return { text_output: text, finish_reason: 'stop', usage: usageOf(text) }
}

/** An event a word. The word "!cut" breaks the stream off after it, "!stall" says nothing more, "!unended" leaves out the end. */
export function generateStream(body: string, response: ServerResponse): void {
  const text = textOf(body)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const word of text.split(/(?<= )/)) {
    tell(response, { text_output: word }, word === '!cut' ? () => response.socket?.resetAndDestroy() : undefined)
    if (word === '!cut' || word === '!stall') return
    if (word === '!fault') tell(response, { error: 'secret words of a fault' })
  }
  if (!text.includes('!unended')) {
    tell(response, { text_output: '', finish_reason: 'stop', usage: usageOf(text) })
  }
  response.end()
}

function tell(response: ServerResponse, event: object, then?: () => void): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`, then)
}

function textOf(body: string): string {
  const { text_input, messages = [] } = JSON.parse(body)
  return text_input ?? messages.at(-1).content
}

function usageOf(text: string): object {
  return { input_tokens: text.length, output_tokens: text.split(' ').length }
}
