import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { connect } from '../connection.ts'
import { Exit, isProblem, refusal, usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { parseMajor } from '../parse-major.ts'
import type { Answer, Deployments } from '../platform.ts'

interface PredictOptions extends ClientOptions {
  readonly text?: string
  readonly major?: string
  readonly versionPin?: string
  readonly unit?: string
  readonly stream?: boolean
}

export function predictCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'predict <model> [input]',
    summary: 'call a model; the input is JSON, or "-" to read it from stdin',
    examples: [
      'astraapi predict spam --text "You have won a prize"',
      `astraapi predict spam '{"text": "You have won a prize"}' --version-pin 1.1`,
      'astraapi predict digits - < digit.json',
    ],
    options: [
      ['--text <text>', 'short for the input {"text": …}'],
      ['--major <major>', 'major version of the contract, e.g. v1 (default: the default one of the model)'],
      ['--version-pin <id>', 'exact version that shall answer'],
      ['--unit <unit>', 'sticky key: the same unit keeps meeting the same version'],
      ['--stream', 'print the answer piece by piece'],
    ],
  }).action(async (model: string, input: string | undefined, options: PredictOptions) => {
    const body = { input: await inputOf(input, options, io) }
    const headers = {
      ...(options.versionPin === undefined ? {} : { 'astra-version': options.versionPin }),
      ...(options.unit === undefined ? {} : { 'astra-unit': options.unit }),
    }
    const path = async (client: Client) =>
      `/models/${encodeURIComponent(model)}/${await majorOf(model, options, client)}/predict`
    if (options.stream) {
      const client = await connect(options, io.env)
      return await printStream(client, await path(client), { body, headers }, options, io)
    }
    const answer = await ask<Answer>(options, io, async (client) =>
      client.request('POST', await path(client), { body, headers }),
    )
    if (!answer) return
    io.out.raw(`${JSON.stringify(answer.output, undefined, 2)}\n`)
    noteCall(answer, io)
  })
}

async function inputOf(input: string | undefined, { text }: PredictOptions, io: Io): Promise<unknown> {
  if ((input === undefined) === (text === undefined)) {
    throw usageFault('Give the input as JSON, as - for stdin, or as --text "…"; one of them.')
  }
  if (input === undefined) return { text }
  const json = input === '-' ? await io.stdin() : input
  try {
    return JSON.parse(json)
  } catch (error) {
    const why = error instanceof Error ? error.message : error
    throw usageFault(`The input is not JSON: ${why}. Quote it for the shell: '{"text": "…"}', or use --text "…".`)
  }
}

/** Only majors stand in paths, so the default one has to be asked for. */
async function majorOf(model: string, { major }: PredictOptions, client: Client): Promise<string> {
  if (major !== undefined) return parseMajor(major)
  const { data } = await client.request<Deployments>('GET', '/api/v1/deployments')
  // A model that is not there is refused at the door, in the gateway's own words.
  return data.models.find(({ name }) => name === model)?.defaultMajor ?? 'v1'
}

async function printStream(
  client: Client,
  path: string,
  request: { readonly body: unknown; readonly headers: Readonly<Record<string, string>> },
  { json }: PredictOptions,
  io: Io,
): Promise<void> {
  let head: Answer | undefined
  for await (const { event, data } of client.stream(path, request)) {
    if (json) io.out.raw(`${JSON.stringify({ event, data })}\n`)
    if (event === 'error' && isProblem(data)) throw refusal(data)
    if (event === 'answer-start') head = data as Answer
    if (event === 'chunk' && !json) printChunk(data, io)
    if (event === 'answer-end') {
      if (json) return
      io.out.text('\n')
      return noteCall(head, io)
    }
  }
  io.notes.line('The stream ended before its answer did: what stands above is not the whole of it.', 'red')
  throw new Exit(1, 'cut')
}

/** Text goes on where it stopped; any other chunk is a line of JSON. */
function printChunk(chunk: unknown, io: Io): void {
  if (typeof chunk === 'object' && chunk !== null && 'text' in chunk && typeof chunk.text === 'string') {
    io.out.text(chunk.text)
  } else io.out.line(JSON.stringify(chunk))
}

function noteCall(answer: Answer | undefined, { notes }: Io): void {
  if (!answer) return
  const { model, version, cached, id } = answer
  notes.line(`${model} ${version}${cached ? ', from the cache' : ''}; astraapi explain ${id}`, 'dim')
}
