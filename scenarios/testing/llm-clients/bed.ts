import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { emptyModels, startTestGateway, type TestGateway } from '../start-test-gateway.ts'
import type { ClientAccess } from './llm-client.ts'
import { keyVariable, startUpstream, type Upstream, type UpstreamName, upstreamNames } from './upstreams.ts'

/** A gateway onto every fake: one model per task, one version per fake. */
export interface Bed {
  readonly gateway: TestGateway
  upstream(name: UpstreamName): Upstream
  /** What a client needs whose calls are to be served by the fake. */
  access(name: UpstreamName): ClientAccess
  /** Answers that came since it was last asked, in order. */
  answers(): readonly Response[]
  /** Of the call that it answered. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came back, and fails where it is not what it says.
  record(answer: Response | undefined): Promise<any>
  close(): Promise<void>
}

export function versionOf(name: UpstreamName): string {
  return `1.${upstreamNames.indexOf(name)}`
}

/** No key of any vendor: the fakes take what comes. */
const fakeKey = 'sk-fake-that-nobody-may-see'

/** `models`: a repository with the model `embed`; left out: there is none. */
export async function openBed(models?: string): Promise<Bed> {
  process.env[keyVariable] = fakeKey
  const upstreams = new Map<UpstreamName, Upstream>()
  for (const name of upstreamNames) upstreams.set(name, await startUpstream(name))
  const folder = await mkdtemp(join(tmpdir(), 'astra-llm-clients-'))
  const config = join(folder, 'astra.yaml')
  await writeFile(config, JSON.stringify(manifestOf(upstreams, models !== undefined)))
  const gateway = await startTestGateway({ config, models: models ?? emptyModels })
  let answers: Response[] = []
  const upstream = (name: UpstreamName) => upstreams.get(name) ?? fail(name)
  return {
    gateway,
    upstream,
    access: (name) => ({
      url: gateway.url,
      key: gateway.adminKey,
      headers: { 'astra-version': versionOf(name) },
      fetch: async (...given) => {
        const answer = await fetch(...given)
        answers.push(answer)
        return answer
      },
    }),
    answers() {
      const came = answers
      answers = []
      return came
    },
    /** Readable within 100 ms of the answer, as documented; a second is a fault. */
    async record(answer) {
      const path = `/api/v1/calls/${answer?.headers.get('astra-call-id')}`
      for (const until = performance.now() + 3000; performance.now() < until; await pause(10)) {
        const { status, body } = await gateway.ask('GET', path)
        if (status === 200) return body.call ?? body
      }
      throw new Error(`no Record came at ${path}`)
    },
    async close() {
      await gateway.stop()
      for (const { close } of upstreams.values()) await close()
      await rm(folder, { recursive: true })
    },
  }
}

function manifestOf(upstreams: ReadonlyMap<UpstreamName, Upstream>, withOwn: boolean): object {
  const named = [...upstreams]
  const embedding = named.filter(([, { vector }]) => vector)
  return {
    models: {
      chat: model('chat', named),
      vectors: model('embedding', embedding),
      texts: model('completion', named.slice(0, 1)),
      moderate: model('moderation', named.slice(0, 1)),
      ...(withOwn ? { embed: ownEmbedding } : {}),
    },
    consumers: { tests: {} },
  }
}

const ownEmbedding = {
  owner: 'tests',
  contracts: { v1: { task: 'embedding', dimensions: 512, versions: { '1.0': {} } } },
}

function model(task: string, upstreams: readonly (readonly [UpstreamName, Upstream])[]): object {
  const versions = Object.fromEntries(upstreams.map(([name, { settings }]) => [versionOf(name), settings]))
  const weights = { [versionOf(upstreams[0]?.[0] ?? 'openai')]: 100 }
  return { owner: 'tests', contracts: { v1: { task, versions, traffic: { weights } } } }
}

function fail(name: string): never {
  throw new Error(`no upstream ${name}`)
}

/** docs/capabilities.md, which is generated from what the backends do: "✓", "–" or "○" by column and feature. */
export async function readCapabilities(): Promise<(column: string, feature: string) => string> {
  const text = await readFile(new URL('../../../docs/capabilities.md', import.meta.url), 'utf8')
  const [head = [], ...rows] = text.split('\n').flatMap((line) => {
    return line.startsWith('|') ? [line.split('|').map((cell) => cell.trim())] : []
  })
  return (column, feature) => {
    const found = rows.find((row) => row[1] === feature)?.[head.indexOf(column)]
    if (!found) throw new Error(`docs/capabilities.md does not tell "${feature}" of "${column}"`)
    return found
  }
}
