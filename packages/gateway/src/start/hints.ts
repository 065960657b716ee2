import type { Catalog } from '../kernel/catalog.ts'
import { commandLine, type GivenFlags, shellWord } from './command-line.ts'
import { type Find, findOllama, usualOllama } from './find-ollama.ts'

/** What tells at start which language models could be added. */
export interface HintOptions {
  /** Only whether a name is set is looked at: no value is kept or shown. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where an Ollama would be; tests give another place. */
  readonly ollama?: string
}

/** Each vendor whose key says enough. */
const vendors: Readonly<Record<string, Find>> = {
  OPENAI_API_KEY: {
    fact: 'OPENAI_API_KEY is set',
    addresses: ['https://api.openai.com/v1'],
    name: 'openai-chat',
    flags: ['--backend', 'openai', '--model', 'gpt-4o-mini'],
  },
  ANTHROPIC_API_KEY: {
    fact: 'ANTHROPIC_API_KEY is set',
    addresses: ['https://api.anthropic.com/v1'],
    name: 'anthropic-chat',
    flags: ['--backend', 'anthropic', '--model', 'claude-sonnet-4-20250514'],
  },
}

/**
 * Looks at once for what a language model could be reached by: keys in the environment, and an Ollama on this machine. Nothing but
 * loopback is asked. The lines are made when the catalog is there.
 */
export function lookAround(
  options: HintOptions,
  flags: GivenFlags = {},
): (catalog: Catalog) => Promise<readonly string[]> {
  const { env, ollama = usualOllama } = options
  const keys = Object.entries(vendors).flatMap(([name, vendor]) => (env[name] ? [vendor] : []))
  const local = findOllama(ollama)
  return async (catalog) => hintLines([...keys, ...(await local)], catalog, flags)
}

function hintLines(finds: readonly Find[], catalog: Catalog, flags: GivenFlags): readonly string[] {
  const reached = reachedBy(catalog)
  const names = new Set(catalog.modelNames())
  return finds.flatMap(({ fact, addresses, name: own, flags: adding }) => {
    if (addresses.some((address) => reached.has(address))) return []
    if (adding.length === 0) return [fact]
    // So that every command that is shown can be run, one after the other.
    const name = names.has('chat') ? own : 'chat'
    names.add(name)
    const add = ['astraapi add', name, ...adding.map(shellWord), '--apply'].join(' ')
    const command = commandLine(add, flags, ['listen', 'data', 'config'])
    return [`${fact}: "${command}" puts an LLM behind this gateway.`]
  })
}

/** Every address that some version goes to. */
function reachedBy(catalog: Catalog): ReadonlySet<string> {
  const contracts = Object.values(catalog.state.models).flatMap((model) => Object.values(model.contracts))
  const versions = contracts.flatMap((contract) => Object.values(contract.versions))
  return new Set(versions.flatMap(({ replicas }) => replicas.map((replica) => replica.replace(/\/+$/, ''))))
}
