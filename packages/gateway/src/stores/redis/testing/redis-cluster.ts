import { Redis } from 'ioredis'
import { startRedis, type TestRedis } from './redis-server.ts'

export interface TestCluster {
  readonly nodes: readonly TestRedis[]
  readonly url: string
  remove(): Promise<void>
}

const slots = 16_384
const nodeCount = 3

/** Three nodes on the loopback, each with a third of the slots, and no replicas. */
export async function startCluster(...more: readonly string[]): Promise<TestCluster> {
  const nodes = await Promise.all(
    Array.from({ length: nodeCount }, () =>
      startRedis('--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', ...more),
    ),
  )
  const clients = nodes.map(({ port }) => new Redis(port, '127.0.0.1'))
  const [first, ...others] = clients
  const third = Math.ceil(slots / nodeCount)
  await Promise.all(
    clients.map((client, at) => client.cluster('ADDSLOTSRANGE', third * at, Math.min(third * (at + 1), slots) - 1)),
  )
  await Promise.all(clients.map((client, at) => client.cluster('SET-CONFIG-EPOCH', at + 1)))
  await Promise.all(others.map((client) => client.cluster('MEET', '127.0.0.1', nodes[0]?.port ?? 0)))
  await Promise.all([first, ...others].map((client) => client && allKnown(client)))
  for (const client of clients) client.disconnect()
  return {
    nodes,
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    remove: async () => void (await Promise.all(nodes.map((node) => node.remove()))),
  }
}

/** Nodes tell each other what they serve in their own time; there is nothing to wait on but to ask. */
async function allKnown(client: Redis): Promise<void> {
  let info = ''
  for (let asked = 0; asked < asksMax; asked++) {
    info = await client.cluster('INFO')
    if (info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodeCount}`)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the node at ${client.options.port} does not know the whole cluster: ${info}`)
}

/** Half a minute. */
const asksMax = 600
