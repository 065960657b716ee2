import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findTool } from '../machine.ts'
import { pinned } from '../servers/start-process.ts'
import { type Call, callNumber, firstCallNumber, isNumbered } from './call.ts'

export interface Saturated {
  readonly requests: number
  readonly seconds: number
}

export interface SaturateOptions {
  /** Taken in turn. All at one address. */
  readonly calls: readonly Call[]
  readonly connections: number
  readonly seconds: number
  readonly cores: string | undefined
}

const run = promisify(execFile)

/** A run goes on in the calls' order where the one before it ended: who remembers what was asked lately has not been asked it. */
const turns = new WeakMap<readonly Call[], number>()

/**
 * A closed loop of kept-alive connections, each with one request at a time, as fast as the server answers: good for CPU per
 * request and throughput, useless for latency. Throws when an answer was no 2xx or 3xx, or a connection broke; of calls that have a
 * status of their own above those, when any answer was good.
 */
export async function saturate({ calls, connections, seconds, cores }: SaturateOptions): Promise<Saturated> {
  const [first] = calls
  if (!first) throw new Error('nothing to call')
  const folder = await mkdtemp(join(tmpdir(), 'astra-bench-wrk-'))
  try {
    const script = join(folder, 'calls.lua')
    await writeFile(script, luaScript(calls))
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, first.url]
    const [file = '', ...rest] = pinned(cores, [findTool('wrk') ?? 'wrk', ...args])
    const { stdout } = await run(file, rest, { maxBuffer: 1 << 20 })
    const done = readReport(stdout, first.status)
    turns.set(calls, (turns.get(calls) ?? 0) + done.requests + connections)
    return done
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function luaScript(calls: readonly Call[]): string {
  const request = ({ path, headers, body }: Call) => {
    const lines = Object.entries(headers).map(([name, value]) => `[${lua(name)}]=${lua(value)}`)
    return `wrk.format("POST", ${lua(path)}, {${lines.join(',')}}, ${lua(body)})`
  }
  // Formatted in init, not before: wrk knows the host only then.
  const numbers = calls.some(isNumbered)
  const next = 'requests[turn]'
  const written = `(${next}:gsub("${callNumber}", string.format("%.0f", number)))`
  return `
    local requests, turn, number = {}, ${turns.get(calls) ?? 0}, ${firstCallNumber()}
    function init()
      requests = {${calls.map(request).join(',\n')}}
    end
    function request()
      turn = turn % #requests + 1
      number = number + 1
      return ${numbers ? written : next}
    end
    function done(summary, latency)
      local e = summary.errors
      io.write(string.format('REPORT {"requests":%d,"us":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\\n',
        summary.requests, summary.duration, e.connect, e.read, e.write, e.status, e.timeout))
    end`
}

function readReport(stdout: string, status = 200): Saturated {
  const found = /^REPORT (.*)$/m.exec(stdout)?.[1]
  if (found === undefined) throw new Error(`wrk said nothing of use: ${stdout.slice(0, 500)}`)
  const { requests, us, ...errors }: Record<string, number> = JSON.parse(found)
  // wrk counts every answer of 400 and above in `status`, and does not tell which.
  const good = { ...errors, status: status < 400 ? errors.status : (requests ?? 0) - (errors.status ?? 0) }
  const failed = Object.entries(good).filter(([, count]) => count !== 0)
  if (failed.length > 0) throw new Error(`calls failed: ${failed.map(([kind, n]) => `${n} ${kind}`).join(', ')}`)
  if (!requests || !us) throw new Error('wrk had no answer at all')
  return { requests, seconds: us / 1e6 }
}

/** A Lua string. What a call is made of holds no control character: JSON escapes them, and headers may not have them. */
function lua(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
