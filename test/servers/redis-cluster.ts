import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from './free-port.js'
import { type Certificate, makeCertificate } from './make-certificate.js'
import { type RedisServer, startRedis } from './redis.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'

/** A Redis Cluster of three masters, each of which has a third of the slots. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  /** The addresses of all nodes in one connection string: `redis://h1:p1,h2:p2,h3:p3`. */
  readonly url: string
  /** The file of the certificate that all nodes use, if they use TLS. */
  readonly certificateFile: string | undefined
  stop(): Promise<void>
}

/** Options for a test's Redis Cluster. */
export interface RedisClusterOptions {
  /** Password of every node. */
  readonly password?: string | undefined
  /** Whether the nodes use TLS for all connections. They share one certificate. */
  readonly tls?: boolean | undefined
}

const SLOT_COUNT = 16_384
const NODES = [0, 1, 2]

/** Starts a cluster, and resolves once each node is ready. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const folder = makeServerFolder('redis-cluster')
  const certificate = options.tls ? await makeCertificate(folder) : undefined
  const nodes = await Promise.all(NODES.map(() => startNode(options.password, certificate)))
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'ADDSLOTSRANGE', ...describeSlots(index))))
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))))
  const [first, ...others] = nodes
  for (const { host, port, busPort } of others) {
    await first?.command('CLUSTER', 'MEET', host, String(port), String(busPort))
  }
  while (!(await Promise.all(nodes.map(isServing))).every(Boolean)) await sleep(25)

  const [, access = ''] = /^(.*?:\/\/.*@|.*?:\/\/)/.exec(first?.url ?? '') ?? []
  return {
    nodes,
    url: access + nodes.map(({ host, port }) => `${host}:${port}`).join(','),
    certificateFile: certificate?.certificateFile,
    async stop() {
      await Promise.all(nodes.map(node => node.stop()))
      removeServerFolder(folder)
    },
  }
}

async function startNode(
  password: string | undefined,
  certificate: Certificate | undefined,
): Promise<RedisServer & { readonly busPort: number }> {
  const busPort = await findFreePort()
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-node-timeout': '5000',
    'cluster-announce-ip': '127.0.0.1',
    ...(certificate === undefined ? {} : { 'tls-cluster': 'yes' }),
  }
  return { ...(await startRedis({ password, certificate, settings })), busPort }
}

function describeSlots(index: number): [string, string] {
  const [from, to] = [index, index + 1].map(third => Math.floor((third * SLOT_COUNT) / NODES.length))
  return [String(from), String((to ?? SLOT_COUNT) - 1)]
}

async function isServing(node: RedisServer): Promise<boolean> {
  const state = await node.command('CLUSTER', 'INFO')
  return /cluster_state:ok/.test(state) && /cluster_known_nodes:3/.test(state)
}
