import { mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { byCaller, byFunction, byStage, type CpuProfile, type SelfTimes } from './by-stage.ts'
import { type Call, checkCall } from './load/call.ts'
import { saturate } from './load/wrk.ts'
import { describeMachine, missingTools } from './machine.ts'
import { cpuSeconds } from './measure/cpu.ts'
import { short } from './report.ts'
import { startGatewayProcess } from './servers/gateway.ts'
import { splitManifest } from './servers/manifests.ts'
import { startUpstream } from './servers/nginx.ts'
import { connections, graphqlRequest, inferRequest, nativeRequest } from './workload.ts'

// `npm run profile`: where the gateway's time goes under the bench's load of single calls. Profiling itself costs some of it, so the
// sums are above the bench's figures; the shares are what counts.
const doors = {
  native: { path: '/models/chat/v1/predict', body: nativeRequest },
  graphql: { path: '/graphql', body: graphqlRequest },
  oip: { path: '/oip/v2/models/chat/infer', body: inferRequest },
} as const

/** Taken every half millisecond, samples doubled what a call costs. */
const intervalUs = 4000

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { door: { ...text, default: 'native' }, seconds: { ...text, default: '30' }, out: text },
})
const door = Object.entries(doors).find(([name]) => name === values.door)?.[1]
if (!door) throw new Error(`--door knows ${Object.keys(doors).join(', ')}`)
const seconds = Number(values.seconds)
for (const [tool, why] of missingTools()) console.error(`There is no ${tool}. It is for ${why}`)

const machine = describeMachine()
const folder = values.out ?? (await mkdtemp(join(tmpdir(), 'astra-profile-')))
await mkdir(folder, { recursive: true })

const upstream = await startUpstream(machine.loadCores)
const gateway = await startGatewayProcess({
  manifest: splitManifest(upstream.url),
  cores: machine.serverCore,
  nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${intervalUs}`],
})
const headers = { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` }
const call: Call = { url: gateway.url, headers, ...door }
await checkCall(call, 'certificate')
await saturate({ calls: [call], connections, seconds: 6, cores: machine.loadCores })
// V8's profiles and process.hrtime count on the same clock, in every process of a machine.
const from = hrtimeUs()
const cpuBefore = cpuSeconds(gateway.pid)
const { requests } = await saturate({ calls: [call], connections, seconds, cores: machine.loadCores })
const cpuUs = (1e6 * (cpuSeconds(gateway.pid) - cpuBefore)) / requests
const window = { from, to: hrtimeUs() }
await gateway.stop()
await upstream.stop()

// CPU.date.time.process.thread.number.cpuprofile; the runtime's process writes its own beside.
const files = (await readdir(folder)).filter((file) => file.split('.')[3] === String(gateway.pid)).sort()
const profiles = await Promise.all(
  files.map(async (file): Promise<CpuProfile> => JSON.parse(await readFile(join(folder, file), 'utf8'))),
)
console.log(`${requests} calls by ${call.path}, ${cpuUs.toFixed(1)} us CPU each (while profiled)\n`)
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

function print(title: string, times: SelfTimes, limit: number): void {
  const all = times.reduce((sum, [, us]) => sum + us, 0)
  console.log(`${title}, us a call and share of ${short(all / requests)} us`)
  for (const [place, us] of times.slice(0, limit)) {
    console.log(`  ${short(us / requests).padStart(6)}  ${((100 * us) / all).toFixed(1).padStart(5)} %  ${place}`)
  }
  console.log()
}

function hrtimeUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
