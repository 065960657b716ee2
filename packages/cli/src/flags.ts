import { type Command, Option } from 'commander'

/** Every flag that has a name in the environment: the one table that help texts and reading derive from. */
export const flagTable = {
  listen: flag('--listen <address>', 'ASTRA_LISTEN', '127.0.0.1:8787', 'where the gateway listens'),
  adminListen: flag(
    '--admin-listen <address>',
    'ASTRA_ADMIN_LISTEN',
    undefined,
    'where management is served, and there alone',
  ),
  trustedProxies: flag(
    '--trusted-proxies <list>',
    'ASTRA_TRUSTED_PROXIES',
    undefined,
    'proxies in front whose X-Forwarded-For is believed: 10.0.0.0/8,192.0.2.7',
  ),
  tlsCert: flag(
    '--tls-cert <file>',
    'ASTRA_TLS_CERT',
    undefined,
    'certificate with its chain, PEM; read again on SIGHUP',
  ),
  tlsKey: flag('--tls-key <file>', 'ASTRA_TLS_KEY', undefined, 'its private key, PEM'),
  adminTlsCert: flag('--admin-tls-cert <file>', 'ASTRA_ADMIN_TLS_CERT', undefined, 'another for --admin-listen'),
  adminTlsKey: flag('--admin-tls-key <file>', 'ASTRA_ADMIN_TLS_KEY', undefined, 'its private key, PEM'),
  data: flag('--data <folder>', 'ASTRA_DATA', '.astra', 'where the gateway keeps its data'),
  config: flag('--config <file>', 'ASTRA_CONFIG', 'astra.yaml', 'the manifest'),
  models: flag('--models <folder>', 'ASTRA_MODELS', 'models', 'the models that the embedded runtime serves'),
  url: flag('--url <url>', 'ASTRA_URL', undefined, 'the gateway to talk to, instead of the one that --listen names'),
  threads: flag('--threads <n>', 'ASTRA_RUNTIME_THREADS', undefined, 'threads that one ONNX inference may use'),
  bodyBytesMax: flag('--body-bytes-max <n>', 'ASTRA_RUNTIME_BODY_BYTES_MAX', undefined, 'larger bodies are refused'),
  drainMs: flag('--drain-ms <n>', 'ASTRA_RUNTIME_DRAIN_MS', undefined, 'how long SIGTERM lets calls still come in'),
  runtimeListen: flag('--listen <address>', 'ASTRA_RUNTIME_LISTEN', '127.0.0.1:8000', 'where the runtime listens'),
} as const

export interface Flag {
  readonly flags: string
  readonly env: string
  readonly initial: string | undefined
  readonly summary: string
}

export type FlagName = keyof typeof flagTable
export type Environment = Readonly<Record<string, string | undefined>>

/** Commander reads no environment here: it would take the process's own, and tests have theirs. */
export function addFlags(command: Command, names: readonly FlagName[]): Command {
  for (const name of names) command.addOption(flagOption(name))
  return command
}

export function flagOption(name: FlagName): Option {
  const { flags, env, initial, summary }: Flag = flagTable[name]
  const rest = initial === undefined ? env : `${env}, default ${initial}`
  return new Option(flags, `${summary} (${rest})`)
}

/** The command line wins over the environment, which wins over the default. An empty variable is as good as none. */
export function readFlag<N extends FlagName>(name: N, options: object, env: Environment): string | InitialOf<N> {
  const { flags, env: variable, initial }: Flag = flagTable[name]
  const given = (options as Environment)[new Option(flags).attributeName()]
  return (given ?? (env[variable] || undefined) ?? initial) as string | InitialOf<N>
}

type InitialOf<N extends FlagName> = (typeof flagTable)[N]['initial']

function flag<const I extends string | undefined>(flags: string, env: string, initial: I, summary: string) {
  return { flags, env, initial, summary }
}
