import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from '../client-command.ts'
import { connect } from '../connection.ts'
import { isProblem, refusal, usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { writeOutput } from '../write-output.ts'

interface GenerateOptions extends ClientOptions {
  readonly from?: string
  readonly out?: string
  readonly contracts?: string
}

export function generateCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'generate',
    summary: 'write TypeScript types for the SDK, from a gateway or from a committed contract file',
    examples: [
      'astraapi generate',
      'astraapi generate --contracts astra.contracts.json',
      'astraapi generate --from astra.contracts.json --out src/astra.gen.ts',
    ],
    options: [
      ['--from <file>', 'take the contracts from this file instead of a gateway'],
      ['--out <file>', 'write the types there (default astra.gen.ts)'],
      ['--contracts <file>', 'write the contract file, to commit, instead of types'],
    ],
  }).action(async (options: GenerateOptions) => {
    const { contracts, out = 'astra.gen.ts' } = options
    if ([options.json || undefined, options.out, contracts].filter((target) => target !== undefined).length > 1) {
      throw usageFault('--json (to stdout), --out and --contracts each say where to write: give one of them.')
    }
    const file = await contractsOf(options, io)
    if (options.json) return io.out.raw(`${JSON.stringify(file, undefined, 2)}\n`)
    const target = contracts ?? out
    await writeOutput(target, contracts === undefined ? await typesOf(file) : `${JSON.stringify(file, undefined, 2)}\n`)
    io.notes.line(`Wrote ${target}.`)
  })
}

async function contractsOf(options: GenerateOptions, io: Io): Promise<unknown> {
  if (options.from === undefined) {
    const client = await connect(options, io.env, 'calls')
    return (await client.request('GET', '/api/v1/contracts')).data
  }
  try {
    return JSON.parse(await readFile(options.from, 'utf8'))
  } catch (error) {
    throw usageFault(`${options.from} is no contract file: ${error instanceof Error ? error.message : error}.`)
  }
}

/** Loaded only here: no other command needs it. */
async function typesOf(contracts: unknown): Promise<string> {
  const generator: string = '@astraapi/sdk/generate'
  const { generateTypes } = (await import(generator)) as { generateTypes(contracts: unknown): string }
  try {
    return generateTypes(contracts)
  } catch (error) {
    throw isProblem(error) ? refusal(error) : error
  }
}
