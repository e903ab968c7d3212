import { findFreePort } from './free-port.js'
import { type Certificate, makeCertificate } from './make-certificate.js'
import { runProgram } from './run-program.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

/** Options for a test's Redis server. */
export interface RedisOptions {
  readonly password?: string | undefined
  /** Whether the server accepts only TLS. The certificate is self-signed. */
  readonly tls?: boolean | undefined
  /** A certificate for servers that trust one another. Default: a new certificate for this server. */
  readonly certificate?: Certificate | undefined
  /** Further settings, such as `{ maxmemory: '20mb' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** A Redis server for one test. */
export interface RedisServer extends TestServer {
  /** The file of the server's certificate, if it uses TLS. */
  readonly certificateFile: string | undefined
  /** Runs a command and resolves to the output of `redis-cli`. */
  command(...words: readonly string[]): Promise<string>
}

/**
 * Starts a Redis server whose data survives `restart()`. The server writes each change to its log before it responds.
 */
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

/** Runs a command on the Redis server or Sentinel at a port. */
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

/**
 * Returns the settings for a server's port and certificate. The server also uses TLS for its own connections to a
 * master, to nodes or to Sentinels.
 */
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
