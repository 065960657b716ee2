import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { connect } from '../connection.ts'
import { Exit, isProblem, refusal, usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import type { Answer, Deployments } from '../platform.ts'
import { type NamedModel, readModel } from '../read-model.ts'

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
      'astraapi predict chat --text "Where is my parcel?" --stream',
      'astraapi predict chat@v2 --text "Where is my parcel?"',
    ],
    options: [
      ['--text <text>', 'short for the input {"text": …}; of a chat what the user says, of a completion the prompt'],
      ['--major <major>', 'major version of the contract, e.g. v1 (default: the default one of the model)'],
      ['--version-pin <id>', 'exact version that shall answer'],
      ['--unit <unit>', 'sticky key: the same unit keeps meeting the same version'],
      ['--stream', 'print the answer piece by piece'],
    ],
  }).action(async (named: string, input: string | undefined, options: PredictOptions) => {
    const model = readModel(named, options.major)
    const given = await inputOf(input, options, io)
    const headers = {
      ...(options.versionPin === undefined ? {} : { 'astra-version': options.versionPin }),
      ...(options.unit === undefined ? {} : { 'astra-unit': options.unit }),
    }
    const requestTo = async (client: Client) => {
      const { major, task } = await contractOf(model, options, client)
      const write = options.text === undefined ? undefined : textInputs[task ?? '']
      const body = { input: write ? write(options.text) : given }
      return { path: `/models/${encodeURIComponent(model.name)}/${major}/predict`, request: { body, headers } }
    }
    if (options.stream) {
      const client = await connect(options, io.env, 'calls')
      const { path, request } = await requestTo(client)
      return await printStream(client, path, request, options, io)
    }
    const askModel = async (client: Client) => {
      const { path, request } = await requestTo(client)
      return await client.request<Answer>('POST', path, request)
    }
    const answer = await ask(options, io, askModel, 'calls')
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

/** What a text is the short form of, where it is not `{ text }`. */
const textInputs: Readonly<Record<string, (text?: string) => unknown>> = {
  chat: (text) => ({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] }),
  completion: (prompt) => ({ prompt }),
}

/** Only majors stand in paths, so the default one has to be asked for; and what a text means hangs on the task. */
async function contractOf(
  { name: model, asked }: NamedModel,
  { text }: PredictOptions,
  client: Client,
): Promise<{ readonly major: string; readonly task?: string | undefined }> {
  if (asked !== undefined && text === undefined) return { major: asked }
  const { data } = await client.request<Deployments>('GET', '/api/v1/deployments')
  const found = data.models.find(({ name }) => name === model)
  // A model that is not there is refused at the door, in the gateway's own words.
  const major = asked ?? found?.defaultMajor ?? 'v1'
  return { major, task: found?.contracts.find((contract) => contract.major === major)?.task }
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
  } else if (!isEnd(chunk)) io.out.line(JSON.stringify(chunk))
}

/** Of a chat: that a choice, or a piece of reasoning, is over says nothing more to a person. */
function isEnd(chunk: unknown): boolean {
  return typeof chunk === 'object' && chunk !== null && 'type' in chunk && /-end$/.test(String(chunk.type))
}

function noteCall(answer: Answer | undefined, { notes }: Io): void {
  if (!answer) return
  const { model, version, cached, id } = answer
  notes.line(`${model} ${version}${cached ? ', from the cache' : ''}; astraapi explain ${id}`, 'dim')
}
