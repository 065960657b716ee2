import { mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { byCaller, byFunction, byStage, type CpuProfile, type SelfTimes } from './by-stage.ts'
import { type Call, checkCall } from './load/call.ts'
import { readStreams } from './load/run-read-streams.ts'
import { saturate } from './load/wrk.ts'
import { describeMachine, missingTools } from './machine.ts'
import { cpuSeconds } from './measure/cpu.ts'
import { youngCollections } from './measure/young-collections.ts'
import { short } from './report.ts'
import { type ChatOrder, chatMarks } from './servers/chat-events.ts'
import { startGatewayProcess } from './servers/gateway.ts'
import { cacheManifest, languageModelManifest, splitManifest } from './servers/manifests.ts'
import { startUpstream } from './servers/nginx.ts'
import { startNodeServer } from './servers/node-server.ts'
import { chatDoors, connections, graphqlRequest, inferRequest, nativeRequest, streamedChat } from './workload.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    door: { ...text, default: 'native' },
    stream: { type: 'boolean', default: false },
    seconds: { ...text, default: '30' },
    out: text,
  },
})
const streamed: ChatOrder = { chunks: 200, intervalMs: 10 }

// `npm run profile`: where the gateway's time goes under the bench's load of single calls, or of streamed chats. Profiling itself
// costs some of it, so the sums are above the bench's figures; the shares are what counts.
const doors: Readonly<Record<string, Door>> = {
  native: { manifest: splitManifest, path: '/models/chat/v1/predict', body: nativeRequest },
  'cache-hit': { manifest: cacheManifest, path: '/models/chat/v1/predict', body: nativeRequest },
  graphql: { manifest: splitManifest, path: '/graphql', body: graphqlRequest },
  oip: { manifest: splitManifest, path: '/oip/v2/models/chat/infer', body: inferRequest },
  openai: chatDoor('openai'),
  anthropic: chatDoor('anthropic'),
}

interface Door {
  readonly manifest: (upstream: string) => string
  readonly path: string
  readonly body: string
  /** What marks a chunk of its stream, where it streams here. */
  readonly mark?: string
}

function chatDoor(name: keyof typeof chatDoors): Door {
  const { path, request } = chatDoors[name]
  if (!values.stream) return { manifest: languageModelManifest, path, body: request }
  return { manifest: languageModelManifest, path, body: streamedChat(name, streamed), mark: chatMarks[name] }
}

/** Taken every half millisecond, samples doubled what a call costs. */
const intervalUs = 4000

const door = doors[values.door]
if (!door) throw new Error(`--door knows ${Object.keys(doors).join(', ')}`)
if (values.stream && door.mark === undefined) throw new Error('--stream goes with --door openai or anthropic')
const seconds = Number(values.seconds)
for (const [tool, why] of missingTools()) console.error(`There is no ${tool}. It is for ${why}`)

const machine = describeMachine()
const unit = door.mark ? 'chunk' : 'call'
const folder = values.out ?? (await mkdtemp(join(tmpdir(), 'astra-profile-')))
await mkdir(folder, { recursive: true })

const upstream = door.mark
  ? await startNodeServer('chat-source', machine.loadCores)
  : await startUpstream(machine.loadCores)
let printed: string[] = []
const gateway = await startGatewayProcess({
  manifest: door.manifest(upstream.url),
  cores: machine.serverCore,
  nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${intervalUs}`, '--trace-gc'],
  onLine: (line) => printed.push(line),
})
const headers = { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` }
const call: Call = { url: gateway.url, path: door.path, headers, body: door.body }
await checkCall(call, door.mark ?? 'certificate')
await load(6)
// V8's profiles and process.hrtime count on the same clock, in every process of a machine.
const from = hrtimeUs()
printed = []
const cpuBefore = cpuSeconds(gateway.pid)
const done = await load(seconds)
const cpuUs = (1e6 * (cpuSeconds(gateway.pid) - cpuBefore)) / done
const window = { from, to: hrtimeUs() }
await gateway.stop()
await upstream.stop()

// CPU.date.time.process.thread.number.cpuprofile; the runtime's process writes its own beside.
const files = (await readdir(folder)).filter((file) => file.split('.')[3] === String(gateway.pid)).sort()
const profiles = await Promise.all(
  files.map(async (file): Promise<CpuProfile> => JSON.parse(await readFile(join(folder, file), 'utf8'))),
)
console.log(`${done} ${unit}s by ${call.path}, ${cpuUs.toFixed(1)} us CPU each (while profiled)\n`)
const young = youngCollections(printed)
if (young) {
  const left = `${(100 * young.leftShare).toFixed(1)} %`
  const each = `${short(young.ms)} ms of the main thread each`
  console.log(`${young.count} collections of the young generation: ${each}, ${left} of what was allocated was left\n`)
}
print('Self time by stage', byStage(profiles, window), 40)
print(
  'The same, the work of Node, V8 and dependencies charged to the stage that called them',
  byCaller(profiles, window),
  25,
)
print('Self time by function', byFunction(profiles, window), 30)
for (const file of files) console.log(join(folder, file))
console.log(
  'Open them in Chrome (chrome://inspect, "Open dedicated DevTools for Node", Performance) or at speedscope.app.',
)

/** Resolves with the calls, or the chunks of streams, that were answered. */
async function load(seconds: number): Promise<number> {
  if (!door?.mark) return (await saturate({ calls: [call], connections, seconds, cores: machine.loadCores })).requests
  const order = { call, streams: connections, seconds, chunks: streamed.chunks, mark: door.mark }
  return (await readStreams(order, machine.loadCores)).chunks
}

function print(title: string, times: SelfTimes, limit: number): void {
  const all = times.reduce((sum, [, us]) => sum + us, 0)
  console.log(`${title}, us a ${unit} and share of ${short(all / done)} us`)
  for (const [place, us] of times.slice(0, limit)) {
    console.log(`  ${short(us / done).padStart(6)}  ${((100 * us) / all).toFixed(1).padStart(5)} %  ${place}`)
  }
  console.log()
}

function hrtimeUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
