import type { Command } from 'commander'
import { exampleText } from '../client-command.ts'
import { addFlags, type Environment, readFlag } from '../flags.ts'
import type { Io } from '../io.ts'
import { readersScreen } from '../words.ts'

/** As they were given; commander leaves the others out. */
type StartFlags = Readonly<Partial<Record<(typeof flags)[number], string>>>

const flags = [
  ...(['listen', 'data', 'config', 'models', 'adminListen', 'trustedProxies'] as const),
  ...(['tlsCert', 'tlsKey', 'adminTlsCert', 'adminTlsKey'] as const),
] as const

export function startCommand(program: Command, io: Io): void {
  const command = program.command('start').description('start a gateway with its embedded store and model runtime')
  addFlags(command, flags)
    .addHelpText(
      'after',
      `\nThe admin key is made at the first start and kept in <data>/admin.key (mode 0600); ASTRA_ADMIN_KEY sets another.\nASTRA_REDIS_URL (redis://…, rediss://…, redis+cluster://host,host) lets any number of gateways share limits and cache.\nASTRA_CACHE_BYTES (default 256MiB) bounds the answers kept in memory.\nASTRA_CAPTURE_BYTES (default 4GiB) bounds the payloads kept on the disk.\nASTRA_EXPERIMENTS_EVERY (default 10s) says how often A/B tests are evaluated.\n${exampleText(
        ['astraapi start', 'astraapi start --listen 127.0.0.1:9000 --data /var/lib/astra --config prod.yaml'],
      )}`,
    )
    .action(async (options: StartFlags) => {
      const { startGateway } = await import('@astraapi/gateway')
      const { env } = io
      const out = readersScreen(io.out, env)
      // Handlers first: a start can take a while, and must be stoppable without losing what it began. A terminal's Ctrl-C may come
      // twice (to the group, and from a parent that passes it on): the second changes nothing.
      const stopped = Promise.withResolvers<void>()
      const giveUp = new AbortController()
      const tls = tlsOf(options, env)
      const stop = () => {
        giveUp.abort()
        stopped.resolve()
      }
      let reload = () => {}
      process.on('SIGTERM', stop).on('SIGINT', stop)
      // With certificates it is what tells a service to read them again; else a terminal that was closed.
      process.on('SIGHUP', () => (tls.tls || tls.adminTls ? reload() : stop()))
      const gateway = await startGateway({
        listen: readFlag('listen', options, env),
        data: readFlag('data', options, env),
        config: readFlag('config', options, env),
        models: readFlag('models', options, env),
        ...given('adminListen', options, env),
        ...given('trustedProxies', options, env),
        ...tls,
        print: (line) => out.line(line),
        // Someone at a terminal wants the address, not a log; a service wants the log.
        logLevel: env.ASTRA_LOG_LEVEL || (process.stderr.isTTY ? 'warn' : 'info'),
        signal: giveUp.signal,
        hints: { env },
        flags: options,
        ...(env.ASTRA_ADMIN_KEY ? { adminKey: env.ASTRA_ADMIN_KEY } : {}),
        ...(env.ASTRA_REDIS_URL ? { redisUrl: env.ASTRA_REDIS_URL } : {}),
        ...(env.ASTRA_CACHE_BYTES ? { cacheBytes: env.ASTRA_CACHE_BYTES } : {}),
        ...(env.ASTRA_CAPTURE_BYTES ? { captureBytes: env.ASTRA_CAPTURE_BYTES } : {}),
        ...(env.ASTRA_EXPERIMENTS_EVERY ? { experimentsEvery: env.ASTRA_EXPERIMENTS_EVERY } : {}),
      })
      reload = () => void gateway.reload()
      await stopped.promise
      await gateway.stop()
      // A handle that somebody forgot must not keep a stopped gateway's process.
      process.exit(0)
    })
}

function given<N extends 'adminListen' | 'trustedProxies'>(name: N, options: StartFlags, env: Environment) {
  const text = readFlag(name, options, env)
  return (text === undefined ? {} : { [name]: text }) as Partial<Record<N, string>>
}

/** What is left out of a pair, the gateway asks for. */
function tlsOf(options: StartFlags, env: Environment) {
  const files = (cert: string | undefined, key: string | undefined) =>
    cert === undefined && key === undefined ? undefined : { cert: cert ?? '', key: key ?? '' }
  const tls = files(readFlag('tlsCert', options, env), readFlag('tlsKey', options, env))
  const adminTls = files(readFlag('adminTlsCert', options, env), readFlag('adminTlsKey', options, env))
  return { ...(tls ? { tls } : {}), ...(adminTls ? { adminTls } : {}) }
}
