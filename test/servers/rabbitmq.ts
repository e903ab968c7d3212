import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { findFreePort } from './free-port.js'
import { isListening } from './listens.js'
import { makeCertificate } from './make-certificate.js'
import { runProgram } from './run-program.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

/** Options for a test's RabbitMQ server. */
export interface RabbitmqOptions {
  /** Default: `osprofiler`. */
  readonly user?: string | undefined
  /** Default: `secret`. */
  readonly password?: string | undefined
  /** Default: `/`. */
  readonly vhost?: string | undefined
  /** Further virtual hosts for the same user. */
  readonly vhosts?: readonly string[] | undefined
  /** Whether the server accepts only TLS. The certificate is self-signed. */
  readonly tls?: boolean | undefined
  /** Further settings in the server's `rabbitmq.conf`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** A RabbitMQ server for one test. */
export interface RabbitmqServer extends TestServer {
  /** The file of the server's certificate, if it uses TLS. */
  readonly certificateFile: string | undefined
  /** Runs a `rabbitmqctl` command and resolves to its output. Takes a second or two. */
  command(...words: readonly string[]): Promise<string>
}

/** The folder of the programs that Debian's wrappers in the PATH start after they have changed the user. */
const PROGRAMS = '/usr/lib/rabbitmq/bin'

/** Starts a RabbitMQ server with its own Erlang port mapper. Durable queues and messages survive `kill()`. */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  const { user = 'osprofiler', password = 'secret', vhost = '/', vhosts = [], tls = false, settings = {} } = options
  const folder = makeServerFolder('rabbitmq')
  const [port, mapperPort, nodePort] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const certificate = tls ? await makeCertificate(folder) : undefined
  const files = ['ssl_options.certfile', 'ssl_options.keyfile', 'ssl_options.cacertfile']
  const { certificateFile = '', keyFile = '' } = certificate ?? {}
  writeSettings(folder, {
    [`listeners.${tls ? 'ssl' : 'tcp'}.1`]: `127.0.0.1:${port}`,
    ...(tls ? { 'listeners.tcp': 'none', ...zipToObject(files, [certificateFile, keyFile, certificateFile]) } : {}),
    default_user: user,
    default_pass: password,
    default_vhost: vhost,
    loopback_users: 'none',
    'log.console': 'true',
    'log.console.level': 'error',
    'log.file': 'false',
    ...(vhosts.length === 0 ? {} : { load_definitions: writeDefinitions(folder, user, password, [vhost, ...vhosts]) }),
    ...settings,
  })
  const env = describeNode(folder, mapperPort, nodePort)

  const mapper = await startServer({
    command: 'epmd',
    args: ['-port', String(mapperPort), '-address', '127.0.0.1'],
    env,
    isReady: async () => (await runProgram('epmd', ['-port', String(mapperPort), '-names'])).includes('running'),
  })
  const server = await startServer({
    command: join(PROGRAMS, 'rabbitmq-server'),
    args: [],
    env,
    cwd: folder,
    isReady: () => (tls ? isListening(port) : isAnswering(port)),
  })
  return {
    host: '127.0.0.1',
    port,
    url: `${tls ? 'amqps' : 'amqp'}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(vhost)}`,
    certificateFile: certificate?.certificateFile,
    command: (...words) => runProgram(join(PROGRAMS, 'rabbitmqctl'), ['-q', ...words], { env, cwd: folder }),
    ...server,
    async stop() {
      await server.kill()
      await mapper.kill()
      removeServerFolder(folder)
    },
  }
}

/**
 * Returns the settings that all RabbitMQ servers on a machine would share by default: names, ports, folders, plugins,
 * and the Erlang cookie.
 */
function describeNode(folder: string, mapperPort: number, nodePort: number): NodeJS.ProcessEnv {
  const cookie = 'osprofiler'
  return {
    HOME: folder,
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `test${nodePort}@localhost`,
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-setcookie ${cookie} -start_epmd false`,
    RABBITMQ_CTL_ERL_ARGS: `-setcookie ${cookie} -start_epmd false`,
    // With these two settings, the start script replaces its own process with the server, instead of starting a child
    // process. A kill of the process therefore ends the server.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_START_ARGS: '-noinput',
  }
}

function writeSettings(folder: string, settings: Readonly<Record<string, string>>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`)
  writeFileSync(join(folder, 'rabbitmq.conf'), lines.join(''))
  writeFileSync(join(folder, 'rabbitmq-env.conf'), '')
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n')
  for (const name of ['mnesia', 'log']) mkdirSync(join(folder, name))
}

/**
 * Writes the definitions of the user and the virtual hosts, because `rabbitmqctl` would take a second for each host.
 * With definitions, RabbitMQ creates no default user or virtual host.
 */
function writeDefinitions(folder: string, user: string, password: string, vhosts: readonly string[]): string {
  const file = join(folder, 'definitions.json')
  const salt = randomBytes(4)
  const hash = createHash('sha256').update(salt).update(password).digest()
  const all = { configure: '.*', write: '.*', read: '.*' }
  const definitions = {
    users: [{ name: user, password_hash: Buffer.concat([salt, hash]).toString('base64'), tags: ['administrator'] }],
    vhosts: vhosts.map(name => ({ name })),
    permissions: vhosts.map(name => ({ user, vhost: name, ...all })),
  }
  writeFileSync(file, JSON.stringify(definitions))
  return file
}

function zipToObject(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

/** Returns whether a broker answers the protocol header with its first frame. */
async function isAnswering(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(Buffer.from('AMQP\0\0\u0009\u0001', 'latin1'))
    const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(5000) })
    return chunk[0] === 1
  } finally {
    socket.destroy()
  }
}
