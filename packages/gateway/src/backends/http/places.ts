/** A server at an address. */
export interface Closable {
  /** Takes no more, and closes the connections once they are idle. */
  release(): Promise<void>
  /** Ends what is still in flight. */
  close(): Promise<void>
}

/** The servers that are known, by replica; an idle one holds no socket. */
export interface Places<Upstream extends Closable> {
  /** For calls and probes: it stays until it is released. */
  at(replica: string): Upstream
  /** For an inspection. Those that nothing else asks are let go of a while after their last one: they may never become replicas. */
  visit<T>(replicas: readonly string[], work: (upstreams: readonly Upstream[]) => Promise<T>): Promise<T>
  release(replica: string): void
  close(): Promise<void>
}

interface Place<Upstream> {
  readonly upstream: Upstream
  stays: boolean
  visits: number
  expiry: NodeJS.Timeout | undefined
}

/** `open` may throw; `keepMs`: how long after its last inspection one is kept that nothing else asked. */
export function createPlaces<Upstream extends Closable>(
  open: (replica: string) => Upstream,
  keepMs: number,
): Places<Upstream> {
  const places = new Map<string, Place<Upstream>>()
  /** Released, and not yet idle. */
  const leaving = new Set<Upstream>()

  const placeAt = (replica: string): Place<Upstream> => {
    const known = places.get(replica)
    if (known) return known
    const place: Place<Upstream> = { upstream: open(replica), stays: false, visits: 0, expiry: undefined }
    places.set(replica, place)
    return place
  }

  const release = (replica: string) => {
    const place = places.get(replica)
    if (!place) return
    places.delete(replica)
    clearTimeout(place.expiry)
    leaving.add(place.upstream)
    void place.upstream.release().finally(() => leaving.delete(place.upstream))
  }

  const enter = (replica: string): Place<Upstream> => {
    const place = placeAt(replica)
    clearTimeout(place.expiry)
    place.visits++
    return place
  }

  const exit = (replica: string, place: Place<Upstream>) => {
    if (--place.visits > 0 || place.stays || places.get(replica) !== place) return
    place.expiry = setTimeout(release, keepMs, replica).unref()
  }

  return {
    at(replica) {
      const place = placeAt(replica)
      if (!place.stays) {
        place.stays = true
        clearTimeout(place.expiry)
      }
      return place.upstream
    },
    async visit(replicas, work) {
      const entered: [string, Place<Upstream>][] = []
      try {
        for (const replica of replicas) entered.push([replica, enter(replica)])
        return await work(entered.map(([, { upstream }]) => upstream))
      } finally {
        for (const [replica, place] of entered) exit(replica, place)
      }
    },
    release,
    async close() {
      const upstreams = [...places.values()].map(({ upstream, expiry }) => {
        clearTimeout(expiry)
        return upstream
      })
      await Promise.all([...upstreams, ...leaving].map((upstream) => upstream.close()))
    },
  }
}
