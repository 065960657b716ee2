import { type Command, Option } from 'commander'
import type { Client } from './client.ts'
import { connect, type Wanted } from './connection.ts'
import { addFlags, type Environment } from './flags.ts'
import type { Io } from './io.ts'

export interface ClientCommand {
  /** As commander takes it: "plan [file]". */
  readonly usage: string
  readonly summary: string
  readonly examples: readonly string[]
  /** Its own flags, each with what it means. */
  readonly options?: readonly (readonly [flags: string, summary: string] | Option)[]
  /** What its parent does when no subcommand is named. */
  readonly isDefault?: boolean
}

/** What every command that talks to a gateway shares: where it is, with which key, `--json`, and an example in its help. */
export function clientCommand(program: Command, spec: ClientCommand): Command {
  const { usage, summary, examples, options = [], isDefault = false } = spec
  const command = program.command(usage, { isDefault }).description(summary)
  for (const option of options) command.addOption(option instanceof Option ? option : new Option(...option))
  command.option('--json', "print the gateway's answer as JSON").optionsGroup('Which gateway:')
  return addFlags(command, ['url', 'listen', 'data'])
    .option('--key-file <file>', 'the file that holds the key (or ASTRA_KEY; default <data>/admin.key)')
    .addHelpText('after', exampleText(examples))
}

export function exampleText(examples: readonly string[]): string {
  return `\n${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.map((line) => `  $ ${line}\n`).join('')}`
}

export interface ClientOptions {
  readonly keyFile?: string
  readonly json?: boolean
}

/** The flags that led a command to its gateway, for the next one that is shown: " --listen 127.0.0.1:9000", or nothing. */
export function sameGateway(options: object): string {
  const given = options as Environment
  const words = { url: given.url, listen: given.listen, data: given.data, 'key-file': given.keyFile }
  return Object.entries(words)
    .flatMap(([flag, value]) => (value === undefined ? [] : ` --${flag} ${shellWord(value)}`))
    .join('')
}

/** As a POSIX shell reads it. */
export function shellWord(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Asks the platform API; with `--json` the answer is printed as it came, and undefined is returned. */
export async function ask<Data>(
  options: ClientOptions,
  io: Io,
  request: (client: Client) => Promise<{ readonly data: Data; readonly text: string }>,
  wants?: Wanted,
): Promise<Data | undefined> {
  const { data, text } = await request(await connect(options, io.env, wants))
  if (!options.json) return data
  io.out.raw(text.endsWith('\n') ? text : `${text}\n`)
  return undefined
}
