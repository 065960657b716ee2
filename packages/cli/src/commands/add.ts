import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { clientCommand, sameGateway, shellWord } from '../client-command.ts'
import { usageFault } from '../failures.ts'
import { flagOption, readFlag } from '../flags.ts'
import type { Io } from '../io.ts'
import { backendNames, type DraftOptions, draftModel, providerNames, taskNames } from '../model-draft.ts'
import { yesOption } from '../require-consent.ts'
import { writeOutput } from '../write-output.ts'
import { type ApplyOptions, applyManifest } from './apply.ts'

interface AddOptions extends ApplyOptions, DraftOptions {
  readonly apiKey?: string
  readonly apply?: boolean
  readonly dryRun?: boolean
  readonly config?: string
}

export function addCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'add <name>',
    summary: 'put a language model into the manifest, behind a contract of its own',
    examples: [
      'astraapi add chat --backend openai --model gpt-4o-mini --apply',
      'astraapi add chat --backend provider --provider google --model gemini-2.5-flash',
      'astraapi add local-chat --backend openai --vendor ollama --model llama3.2 --replica http://127.0.0.1:11434/v1',
    ],
    options: [
      // Mandatory too, which is said with what there is to choose from.
      ['--backend <backend>', `how it is spoken to, always needed: ${backendNames.join(', ')}`],
      ['--model <model>', "the model's name at the vendor"],
      ['--provider <vendor>', `with --backend provider: ${providerNames.join(', ')}`],
      ['--vendor <name>', 'who runs it, for prices and reports (default: the backend)'],
      new Option('--replica <url>', "its address, where it is not the vendor's own; may be repeated").argParser(
        (url: string, others: readonly string[] = []) => [...others, url],
      ),
      new Option('--task <task>', `what it does: ${taskNames.join(', ')}`).default('chat'),
      ['--owner <owner>', 'whom to ask for access (default: your user name)'],
      ['--api-key-env <name>', "the gateway's environment variable with the key (default: the vendor's usual one)"],
      ['--api-key-file <file>', 'the file that holds the key'],
      // Told apart from a typo, as what follows would be the key.
      new Option('--api-key <key>').hideHelp(),
      ['--dry-run', 'show what would be written, and write nothing'],
      ['--apply', 'apply the manifest too; it is written once the gateway has taken it'],
      yesOption,
      flagOption('config'),
    ],
  }).action((name: string, options: AddOptions) => add(name, options, io))
}

async function add(name: string, options: AddOptions, io: Io): Promise<void> {
  refuseClashes(options)
  const draft = draftModel(name, options, options.owner ?? (io.env.USER || io.env.USERNAME || 'platform'))
  const file = readFlag('config', options, io.env)
  // Loaded only here: no other command needs to read YAML.
  const { addToManifest } = await import('../add-to-manifest.ts')
  const before = await readIfThere(file)
  const { yaml, lines } = addToManifest(before ?? '', file, name, draft)
  if (!options.json) io.out.raw(lines)
  if (options.dryRun) {
    const would = before === undefined ? 'does not exist and would be made of these lines' : 'would get these lines'
    return io.notes.line(`${file} ${would}; nothing was written.`)
  }
  // A manifest that the gateway refuses would keep it from starting: it is written once it was taken.
  const noteOnFaults = `${file} was not changed. Line numbers are those with the lines above in it.`
  if (options.apply) await applyManifest({ file, yaml }, options, io, noteOnFaults)
  await writeOutput(file, yaml)
  io.notes.line(before === undefined ? `Made ${file}, with ${name}.` : `Wrote ${name} to ${file}.`, 'green')
  const at = sameGateway(options)
  if (!options.apply)
    io.notes.line(`Next: astraapi apply${options.config === undefined ? '' : ` ${shellWord(file)}`}${at}`)
  else if (options.task === 'chat') io.notes.line(`Call it: astraapi predict ${name} --text "Hello" --stream${at}`)
}

function refuseClashes({ apiKey, apply, dryRun, json }: AddOptions): void {
  if (apiKey !== undefined)
    throw usageFault(
      'A key is never an argument: those end up in shell histories and process lists. Say where it stands: --api-key-env NAME or --api-key-file FILE.',
    )
  if (apply && dryRun) throw usageFault('--dry-run writes nothing and --apply does: give one of them.')
  if (json && !apply) throw usageFault("--json prints the gateway's answer: it goes with --apply.")
}

/** The first model of all makes the file. */
async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw usageFault(`The manifest ${file} cannot be read (${error.code}). Name another with --config FILE.`)
  })
}
