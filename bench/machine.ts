import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { delimiter, join } from 'node:path'

/** What of a machine matters to the figures, and says nothing about whose it is. */
export interface Machine {
  readonly kind: string
  /** The core that the server under test has for itself; undefined where there is only one, or no way to pin. */
  readonly serverCore: number | undefined
  /** Where load and upstream run. */
  readonly loadCores: string | undefined
}

export function describeMachine(): Machine {
  const cores = allowedCores()
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU'
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const pins = cores.length > 1 && findTool('taskset') !== undefined
  return {
    kind: `${availableParallelism()} cores (${model}), ${memory}, ${process.platform} ${process.arch}, Node ${process.versions.node}`,
    serverCore: pins ? cores[0] : undefined,
    loadCores: pins ? cores.slice(1).join(',') : undefined,
  }
}

/** What the rows need besides Node, and how to get it. */
const tools = {
  nginx: 'the floor, and the instant upstream of every row of calls: apt-get install nginx-light',
  wrk: 'load at saturation, so all CPU per request: apt-get install wrk',
  taskset: 'a core for the server alone (without it, figures are less steady): apt-get install util-linux',
  'redis-server': 'what counting limits and keeping answers in Redis adds: apt-get install redis-server',
  chrt: 'latencies that the load itself does not lengthen: apt-get install util-linux',
} as const

export type Tool = keyof typeof tools

/** What this machine lacks, one line each. */
export function missingTools(): ReadonlyMap<Tool, string> {
  const names = Object.keys(tools) as Tool[]
  return new Map(names.filter((name) => findTool(name) === undefined).map((name) => [name, tools[name]]))
}

/** Debian keeps servers in /usr/sbin, which is not on everybody's PATH. */
export function findTool(name: Tool): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
}

/** The cores that this process may run on: in a container perhaps not those of the machine. */
function allowedCores(): readonly number[] {
  if (process.platform !== 'linux') return []
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return parseCoreList(list)
}

/** "0-2,5" is 0, 1, 2 and 5. */
export function parseCoreList(list: string): readonly number[] {
  return list
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_, i) => from + i)
    })
}
