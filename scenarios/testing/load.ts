import type { TestGateway } from './start-test-gateway.ts'

/** Clients that call one after another until they are stopped. */
export interface Load {
  /** Calls answered with 200 so far. */
  readonly answered: number
  /** Of the others: status and error code, by how often. */
  readonly failed: ReadonlyMap<string, number>
  /** Ends when every client has its last answer. */
  stop(): Promise<void>
}

export function startLoad(gateway: TestGateway, path: string, input: unknown, clients: number): Load {
  const failed = new Map<string, number>()
  let answered = 0
  let running = true
  const client = async () => {
    while (running) {
      const { status, headers } = await gateway.ask('POST', path, { input })
      const what = `${status} ${headers.get('astra-error-code')}`
      if (status === 200) answered++
      else failed.set(what, (failed.get(what) ?? 0) + 1)
    }
  }
  const done = Promise.all(Array.from({ length: clients }, client))
  return {
    get answered() {
      return answered
    },
    failed,
    async stop() {
      running = false
      await done
    },
  }
}
