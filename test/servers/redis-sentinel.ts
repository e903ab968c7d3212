import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from './free-port.js'
import { type Certificate, makeCertificate } from './make-certificate.js'
import { askRedis, describePorts, type RedisServer, startRedis } from './redis.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

/** A master and its replica, which three Sentinels monitor. */
export interface RedisSentinels {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly sentinels: readonly TestServer[]
  /**
   * The addresses of all Sentinels in one connection string: `redissentinel://h1:p1,h2:p2,h3:p3/mymaster`, or
   * `redissentinels://`.
   */
  readonly url: string
  /** The file of the certificate that all servers use, if they use TLS. */
  readonly certificateFile: string | undefined
  /** Resolves once the Sentinels agree that the replica is the master, and the replica accepts writes. */
  whenFailedOver(): Promise<void>
  stop(): Promise<void>
}

/** Options for a test's Sentinels. */
export interface RedisSentinelsOptions {
  /** Password of the master and the replica. */
  readonly password?: string | undefined
  /** Password of the Sentinels. */
  readonly sentinelPassword?: string | undefined
  /** Whether all servers use TLS for all connections. They share one certificate. */
  readonly tls?: boolean | undefined
}

interface Plan {
  readonly port: number
  readonly id: string
}

/**
 * Starts all servers, and resolves once a failover would succeed. A master that does not respond for two seconds is
 * replaced.
 */
export async function startRedisSentinels(options: RedisSentinelsOptions = {}): Promise<RedisSentinels> {
  const { password, sentinelPassword } = options
  const folder = makeServerFolder('redis-sentinel')
  const certificate = options.tls ? await makeCertificate(folder) : undefined
  const master = await startRedis({ password, certificate })
  const replica = await startRedis({ password, certificate, settings: { replicaof: `127.0.0.1 ${master.port}` } })
  while (!/master_link_status:up/.test(await replica.command('INFO', 'replication'))) await sleep(25)

  const plans: Plan[] = []
  while (plans.length < 3) plans.push({ port: await findFreePort(), id: randomBytes(20).toString('hex') })
  const sentinels = await Promise.all(
    plans.map(plan => startSentinel(plan, plans, master, replica, options, certificate)),
  )
  const user = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return {
    master,
    replica,
    sentinels,
    url: `redissentinel${certificate === undefined ? '' : 's'}://${user}${sentinels.map(({ host, port }) => `${host}:${port}`).join(',')}/mymaster`,
    certificateFile: certificate?.certificateFile,
    async whenFailedOver() {
      const known = () => Promise.all(plans.map(({ port }) => askForMaster(port, sentinelPassword, certificate)))
      while (!(await known()).every(port => port === replica.port)) await sleep(25)
      while (!/role:master/.test(await replica.command('INFO', 'replication'))) await sleep(25)
    },
    async stop() {
      await Promise.all([...sentinels, replica, master].map(server => server.stop()))
      removeServerFolder(folder)
    },
  }
}

async function startSentinel(
  plan: Plan,
  plans: readonly Plan[],
  master: RedisServer,
  replica: RedisServer,
  options: RedisSentinelsOptions,
  certificate: Certificate | undefined,
): Promise<TestServer> {
  const folder = makeServerFolder('sentinel')
  const file = join(folder, 'sentinel.conf')
  writeFileSync(file, describeSentinel(plan, plans, master, replica, options, certificate, folder))
  const server = await startServer({
    command: 'redis-server',
    args: [file, '--sentinel'],
    isReady: async () => {
      const state = await askRedis(plan.port, options.sentinelPassword, certificate, [
        'SENTINEL',
        'CKQUORUM',
        'mymaster',
      ])
      return state.startsWith('OK 3')
    },
  })
  return {
    host: '127.0.0.1',
    port: plan.port,
    url: `redis://127.0.0.1:${plan.port}`,
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(folder)
    },
  }
}

/**
 * Returns a Sentinel's settings, which include the addresses of the other Sentinels, because Sentinels take some
 * seconds to find each other.
 */
function describeSentinel(
  { port, id }: Plan,
  plans: readonly Plan[],
  master: RedisServer,
  replica: RedisServer,
  { password, sentinelPassword }: RedisSentinelsOptions,
  certificate: Certificate | undefined,
  folder: string,
): string {
  const others = plans.filter(other => other.id !== id)
  const access = [
    ...(password === undefined ? [] : [`sentinel auth-pass mymaster "${password}"`]),
    ...(sentinelPassword === undefined
      ? []
      : [`requirepass "${sentinelPassword}"`, `sentinel sentinel-pass "${sentinelPassword}"`]),
  ]
  return [
    'bind 127.0.0.1',
    ...Object.entries(describePorts(port, certificate)).map(setting => setting.join(' ')),
    `dir ${folder}`,
    `sentinel myid ${id}`,
    `sentinel monitor mymaster 127.0.0.1 ${master.port} 2`,
    'sentinel down-after-milliseconds mymaster 2000',
    'sentinel failover-timeout mymaster 3000',
    ...access,
    `sentinel known-replica mymaster 127.0.0.1 ${replica.port}`,
    ...others.map(other => `sentinel known-sentinel mymaster 127.0.0.1 ${other.port} ${other.id}`),
    '',
  ].join('\n')
}

async function askForMaster(
  port: number,
  password: string | undefined,
  certificate: Certificate | undefined,
): Promise<number> {
  const answer = await askRedis(port, password, certificate, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster'])
  return Number(answer.split('\n')[1])
}
