import { findFreePort } from './free-port.js'
import { type Certificate, makeCertificate } from './make-certificate.js'
import { runProgram } from './run-program.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

/** What a test's Redis is to be like. */
export interface RedisOptions {
  readonly password?: string | undefined
  /** Whether it speaks TLS, and nothing else, with a self-made certificate. */
  readonly tls?: boolean | undefined
  /** In place of one that is made for it alone: for those that trust one another. */
  readonly certificate?: Certificate | undefined
  /** Further settings, as in `{ maxmemory: '20mb' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** A Redis of a test's own. */
export interface RedisServer extends TestServer {
  /** Its certificate's file, where it speaks TLS. */
  readonly certificateFile: string | undefined
  /** Runs a command in it and resolves to what `redis-cli` prints. */
  command(...words: readonly string[]): Promise<string>
}

/** Starts a Redis that survives `restart()` with its data: each write is in its log before it is answered. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { password, settings = {} } = options
  const folder = makeServerFolder('redis')
  const port = await findFreePort()
  const certificate = options.certificate ?? (options.tls ? await makeCertificate(folder) : undefined)
  const command = (...words: readonly string[]) => askRedis(port, password, certificate, words)
  const server = await startServer({
    command: 'redis-server',
    args: toArguments({
      bind: '127.0.0.1',
      ...describePorts(port, certificate),
      dir: folder,
      save: '',
      appendonly: 'yes',
      appendfsync: 'no',
      'repl-diskless-sync-delay': '0',
      ...(password === undefined ? {} : { requirepass: password, masterauth: password }),
      ...settings,
    }),
    isReady: async () => (await command('PING')).trim() === 'PONG',
  })
  const user = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return {
    host: '127.0.0.1',
    port,
    url: `${certificate === undefined ? 'redis' : 'rediss'}://${user}127.0.0.1:${port}`,
    certificateFile: certificate?.certificateFile,
    command,
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(folder)
    },
  }
}

/** Runs a command in the Redis or Sentinel on a port. */
export async function askRedis(
  port: number,
  password: string | undefined,
  certificate: Certificate | undefined,
  words: readonly string[],
): Promise<string> {
  const access = password === undefined ? [] : ['--no-auth-warning', '-a', password]
  const tls = certificate === undefined ? [] : ['--tls', '--cacert', certificate.certificateFile]
  return await runProgram('redis-cli', ['-p', String(port), ...access, ...tls, ...words])
}

/** Where it listens and with what. Those that it talks to itself, as a replica, a node or a Sentinel, it talks to likewise. */
export function describePorts(port: number, certificate: Certificate | undefined): Record<string, string> {
  if (certificate === undefined) return { port: String(port) }
  const { certificateFile, keyFile } = certificate
  return {
    port: '0',
    'tls-port': String(port),
    'tls-cert-file': certificateFile,
    'tls-key-file': keyFile,
    'tls-ca-cert-file': certificateFile,
    'tls-auth-clients': 'no',
    'tls-replication': 'yes',
  }
}

function toArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}
