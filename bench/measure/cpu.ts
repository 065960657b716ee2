import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * User and system time of a process, all its threads, and of its children that live, in seconds; from the kernel's own
 * accounting (/proc/PID/stat, proc(5)). Children count because a server must not get cheaper by moving its work next door.
 * Linux only.
 */
export function cpuSeconds(pid: number): number {
  const processes = readProcesses()
  const family = new Set([pid])
  // Parents are older, but process numbers wrap: repeat until nothing is added.
  for (let before = 0; before < family.size; ) {
    before = family.size
    for (const process of processes) if (family.has(process.parent)) family.add(process.pid)
  }
  const ticks = processes.filter(({ pid }) => family.has(pid)).reduce((sum, process) => sum + process.ticks, 0)
  return ticks / ticksPerSecond()
}

export interface ProcessTimes {
  readonly pid: number
  readonly parent: number
  readonly ticks: number
}

/** One line of /proc/PID/stat. The second field, the command in brackets, may itself hold blanks and brackets. */
export function parseStat(line: string): ProcessTimes {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const field = (number: number) => Number(fields[number - 3])
  return { pid: Number.parseInt(line, 10), parent: field(4), ticks: field(14) + field(15) }
}

function readProcesses(): readonly ProcessTimes[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [parseStat(readFileSync(`/proc/${name}/stat`, 'utf8'))]
      } catch {
        return [] // It ended meanwhile.
      }
    })
}

/** The share of the machine that is used while this process only waits, over a second. 0 where /proc does not tell. */
export async function othersShare(): Promise<number> {
  if (process.platform !== 'linux') return 0
  const read = () => {
    const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
    // cpu user nice system idle iowait irq softirq steal; what the host takes away (steal) is used by others, too.
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, ...rest] = first.split(/ +/).slice(1, 9).map(Number)
    const used = user + nice + system + rest.reduce((sum, ticks) => sum + ticks, 0)
    return { used, all: used + idle + iowait }
  }
  const before = read()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const after = read()
  return (after.used - before.used) / Math.max(1, after.all - before.all)
}

let known: number | undefined

/** 100 nearly everywhere: a round of a few busy seconds is then exact to a fraction of a percent. */
function ticksPerSecond(): number {
  known ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return known
}

/** The same of one process alone, by the names of its threads, e.g. "accounting writ" (the kernel keeps 15 characters). */
export function cpuByThread(pid: number): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const line = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    const name = line.slice(line.indexOf('(') + 1, line.lastIndexOf(')'))
    seconds.set(name, (seconds.get(name) ?? 0) + parseStat(line).ticks / ticksPerSecond())
  }
  return seconds
}
