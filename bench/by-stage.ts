/** What of a .cpuprofile (V8's own form) is read here. Times in us, on the clock of `process.hrtime`. */
export interface CpuProfile {
  readonly startTime: number
  readonly nodes: readonly ProfileNode[]
  /** The node that ran at each sample. */
  readonly samples: readonly number[]
  /** From the sample before to each sample. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly children?: readonly number[]
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

/** us of self time by the place of the code, greatest first. */
export type SelfTimes = readonly (readonly [place: string, us: number])[]

export interface Window {
  /** us, on the clock of the profile. */
  readonly from: number
  readonly to: number
}

/**
 * Where the time of some profiles (a process writes one for each thread) went between two moments: by the folder of the
 * gateway, which is the stage of the journey, by dependency, and what belongs to Node and V8. Idle time is left out.
 */
export function byStage(profiles: readonly CpuProfile[], window: Window): SelfTimes {
  return sum(profiles, window, ({ callFrame: { functionName, url } }) => stageOf(url, functionName))
}

/**
 * The same, with what V8, Node and dependencies do charged to the project's own code that called them: what a stage costs with
 * the tools it uses. What nothing of ours called (parsing of HTTP, the event loop, the collector) stays with its own name.
 */
export function byCaller(profiles: readonly CpuProfile[], window: Window): SelfTimes {
  return sum(profiles, window, ({ callFrame: { functionName, url } }, caller) => {
    const own = stageOf(url, functionName)
    return isForeign(own) ? (caller ?? own) : own
  })
}

/** The same by function. */
export function byFunction(profiles: readonly CpuProfile[], window: Window): SelfTimes {
  return sum(profiles, window, ({ callFrame: { functionName, url, lineNumber } }) => {
    const stage = stageOf(url, functionName)
    if (url === '') return stage
    const file = url.slice(url.lastIndexOf('/') + 1)
    return `${functionName || '(anonymous)'}  ${stage}  ${file}:${lineNumber + 1}`
  })
}

const idle = '(idle)'

function isForeign(stage: string): boolean {
  return /^(\(|V8: |Node: |dependency: |elsewhere$)/.test(stage)
}

/** The place of a function: a folder of the gateway, two levels deep at most, else the package or what runs it all. */
export function stageOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : `V8: ${functionName}`
  if (url.startsWith('node:')) return `Node: ${nodePart(url)}`
  // Greedy: of a dependency's own dependency, the innermost.
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  if (dependency !== undefined) return `dependency: ${dependency}`
  const [, name, path] = /\/packages\/([^/]+)\/src\/(.*)$/.exec(url) ?? []
  if (name === undefined || path === undefined) return 'elsewhere'
  const folders = path.split('/').slice(0, -1).slice(0, 2)
  return name === 'gateway' ? folders.join('/') || 'gateway' : [name, ...folders].join('/')
}

/** `node:internal/streams/writable` is "streams", `node:_http_server` is "http". */
function nodePart(url: string): string {
  const [part = ''] = url.replace(/^node:(internal\/)?(deps\/)?_?/, '').split('/')
  return part.startsWith('http') ? 'http' : part
}

/** `caller` is the stage of the nearest caller in the project. */
type PlaceOf = (node: ProfileNode, caller: string | undefined) => string

function sum(profiles: readonly CpuProfile[], { from, to }: Window, placeOf: PlaceOf): SelfTimes {
  const times = new Map<string, number>()
  for (const { nodes, samples, timeDeltas, startTime } of profiles) {
    const places = placesOf(nodes, placeOf)
    let at = startTime
    for (let i = 0; i < samples.length; i++) {
      at += timeDeltas[i] ?? 0
      // What ran at a sample is taken to have run until the next.
      const lasted = timeDeltas[i + 1] ?? 0
      const place = places.get(samples[i] ?? 0)
      if (at < from || at >= to || place === undefined || place === idle) continue
      times.set(place, (times.get(place) ?? 0) + lasted)
    }
  }
  return [...times].sort(([, a], [, b]) => b - a)
}

/** Parents stand before their children in V8's list. */
function placesOf(nodes: readonly ProfileNode[], placeOf: PlaceOf): ReadonlyMap<number, string> {
  const callers = new Map<number, string>()
  const places = new Map<number, string>()
  for (const node of nodes) {
    const caller = callers.get(node.id)
    places.set(node.id, placeOf(node, caller))
    const stage = stageOf(node.callFrame.url, node.callFrame.functionName)
    const passed = isForeign(stage) ? caller : stage
    if (passed !== undefined) for (const child of node.children ?? []) callers.set(child, passed)
  }
  return places
}
