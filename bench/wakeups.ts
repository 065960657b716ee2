import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { saturate } from './load/wrk.ts'
import { describeMachine } from './machine.ts'
import { startNodeServer } from './servers/node-server.ts'
import { chat, connections } from './workload.ts'

// `node bench/wakeups.ts`: what the kernel's part of a call costs a server that is fast or slow, with its clients on another core
// or on its own. Where clients sleep on another core, each answer has to wake one: the slower the server, the more often, and a
// wake-up across cores is dear in a virtual machine. So CPU per call grows by more than the work a call is.
const { serverCore, loadCores } = describeMachine()
if (serverCore === undefined) throw new Error('This needs taskset and two cores')
const tickUs = 10_000
const places = { 'on another core': loadCores, 'on its own core': String(serverCore) }

console.log('work a call   clients           user us   system us')
for (const [place, cores] of Object.entries(places)) {
  for (const busyUs of [0, 50, 150]) {
    const server = await startNodeServer('hello', serverCore, String(busyUs))
    const headers = { 'content-type': 'application/json' }
    const calls = [{ url: server.url, path: chat.path, headers, body: chat.request }]
    const load = (seconds: number) => saturate({ calls, connections, seconds, cores })
    await load(3)
    await pause(100)
    const before = ticks(server.pid)
    const { requests } = await load(5)
    const [user = 0, system = 0] = ticks(server.pid).map((after, i) => ((after - (before[i] ?? 0)) * tickUs) / requests)
    console.log(
      `${`${busyUs} us`.padEnd(14)}${place.padEnd(18)}${user.toFixed(1).padStart(7)}${system.toFixed(1).padStart(12)}`,
    )
    await server.stop()
  }
}

/** User and system time of a process, in hundredths of a second. */
function ticks(pid: number): readonly number[] {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return [Number(fields[11]), Number(fields[12])]
}
