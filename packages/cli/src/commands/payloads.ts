import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import type { Io } from '../io.ts'
import { shortTime } from '../platform.ts'
import { readModel } from '../read-model.ts'
import { type ConsentOptions, requireConsent, yesOption } from '../require-consent.ts'

interface Payload {
  readonly id: string
  readonly time: string
  readonly model: string
  readonly major: string
  readonly version: string
  readonly redacted: boolean
  readonly keptUntil: string
  readonly inputs: readonly unknown[]
  readonly outputs: readonly { readonly output?: unknown; readonly text?: string; readonly error?: string }[]
}

interface ForgetOptions extends ClientOptions, ConsentOptions {
  readonly major?: string
  readonly before?: string
}

/** Of `astraapi calls`: what the contracts with `capture` keep. */
export function payloadCommands(calls: Command, io: Io): void {
  clientCommand(calls, {
    usage: 'payload <call-id>',
    summary: 'show what a call asked and was answered, where its contract keeps that; the audit log tells who looked',
    examples: ['astraapi calls payload 019aab00-1c7e-7d3c-b7aa-5a0f6e4f2b11'],
  }).action(async (id: string, options: ClientOptions) => {
    const path = `/api/v1/calls/${encodeURIComponent(id)}/payload`
    const data = await ask<Payload>(options, io, (client) => client.request('GET', path))
    for (const line of data ? linesOf(data) : []) io.out.line(line)
  })
  clientCommand(calls, {
    usage: 'forget <model>',
    summary: 'delete what is kept of what the calls of a model asked and were answered; the calls stay',
    examples: ['astraapi calls forget spam --before 7d', 'astraapi calls forget spam@v1 --yes'],
    options: [
      ['--major <major>', 'only of this contract, e.g. v1'],
      ['--before <time>', 'only of calls older than 30m, 1h, 2d, or a time (default: all)'],
      yesOption,
    ],
  }).action(async (named: string, options: ForgetOptions) => {
    const { name: model, asked: major } = readModel(named, options.major)
    const { before } = options
    const fact = `All payloads of ${major ? `${model}@${major}` : model}${before ? ` before ${before}` : ''} will be deleted for good.`
    await requireConsent({ fact, question: 'Delete them?' }, options, io)
    const query = { model, major, before }
    const data = await ask<{ readonly deleted: number }>(options, io, (client) =>
      client.request('DELETE', '/api/v1/payloads', { query }),
    )
    if (data) io.out.line(`${data.deleted} ${data.deleted === 1 ? 'payload' : 'payloads'} deleted.`)
  })
}

function linesOf(payload: Payload): readonly string[] {
  const { model, major, version, inputs, outputs } = payload
  const how = payload.redacted ? 'redacted' : 'in full'
  return [
    `${shortTime(payload.time)}  ${model}@${major} ${version}, kept ${how} until ${shortTime(payload.keptUntil)}`,
    ...inputs.flatMap((input, i) => [`asked     ${JSON.stringify(input)}`, answered(outputs[i])]),
  ]
}

function answered(output: Payload['outputs'][number] | undefined): string {
  if (output?.error !== undefined) return `failed    ${output.error}`
  return `answered  ${output?.text ?? JSON.stringify(output?.output)}`
}
