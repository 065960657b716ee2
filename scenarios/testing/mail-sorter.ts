import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { HeldOutMail } from '../../models/spam/held-out.ts'

/** A local stand-in for a language model that sorts mails well, takes its time, and is paid by the token. */
export interface MailSorter {
  /** With /v1 at its end, as OpenAI's chat completions are asked for. */
  readonly url: string
  close(): Promise<void>
}

interface ChatRequest {
  readonly messages: readonly { readonly content: string | readonly { readonly text: string }[] }[]
}

/** As the spam models' better one: of a hundred held-out mails it errs in one or two, always in the same ones. */
const right = 0.985
const charactersPerToken = 4

export async function startMailSorter({
  mails,
  delayMs,
}: {
  /** What it may be asked about; it takes any other for ham. */
  readonly mails: readonly HeldOutMail[]
  readonly delayMs: number
}): Promise<MailSorter> {
  const truth = new Map(mails.map(({ text, label }) => [text, label]))
  const answer = ({ messages }: ChatRequest) => {
    const content = messages.at(-1)?.content ?? ''
    const asked = typeof content === 'string' ? content : content.map(({ text }) => text).join('')
    const text: string = JSON.parse(/<data>(.*?)<\/data>/s.exec(asked)?.[1] ?? '""')
    const label = truth.get(text) ?? 'ham'
    const said = chance(text) < right ? label : label === 'ham' ? 'spam' : 'ham'
    const prompt = Math.ceil(JSON.stringify(messages).length / charactersPerToken)
    return {
      ...{ id: 'chatcmpl-fake', object: 'chat.completion', created: 1_700_000_000, model: 'gpt-4o-mini' },
      choices: [{ index: 0, message: saying({ label: said, score: 0.97 }), finish_reason: 'stop' }],
      usage: { prompt_tokens: prompt, completion_tokens: 16, total_tokens: prompt + 16 },
    }
  }
  const server = createServer(async (request, response) => {
    const isChat = request.url?.endsWith('/chat/completions')
    const body = isChat ? answer((await json(request)) as ChatRequest) : {}
    if (isChat) await pause(delayMs)
    response.writeHead(isChat ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function saying(output: object) {
  return { role: 'assistant', content: JSON.stringify(output) }
}

/** In [0, 1), by the text alone. */
function chance(text: string): number {
  return createHash('sha256').update(`mail-sorter ${text}`, 'utf8').digest().readUInt32BE() / 2 ** 32
}
