import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import type { SearchServerName } from './search-programs.js'
import { RABBITMQ_HOSTS, type SharedServerName, type SharedServerRequest } from './shared-servers.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The port on which `test/global-setup.ts` gives test files access to shared servers. */
    sharedServersPort: number
  }
}

/** A test file's part of a server that all test files in a run share. */
export interface SharedServer {
  readonly host: string
  readonly port: number
  /** The address for clients, with a user, a password, and a database or virtual host that no other test file uses. */
  readonly url: string
  /** Removes the data of this test file. The server keeps running. */
  stop(): Promise<void>
}

/** An empty database for a test file. */
export interface SharedDatabase extends SharedServer {
  /** The name of the database. Its owner is the user `osprofiler`. */
  readonly database: string
  /** Runs SQL as the superuser. Resolves to the client's output, unaligned and without headings. */
  sql(text: string): Promise<string>
}

/** Returns the shared PostgreSQL server, with a database for this test file. The server has no passwords and no TLS. */
export async function sharePostgresql(): Promise<SharedDatabase> {
  const database = await openDatabase('postgresql')
  const { sql, database: name } = database
  await sql(`CREATE DATABASE ${name} OWNER osprofiler`)
  return { ...database, stop: async () => void (await sql(`DROP DATABASE ${name} WITH (FORCE)`)) }
}

/** Returns the shared MariaDB server, with a database for this test file. The server has no passwords and no TLS. */
export async function shareMariadb(): Promise<SharedDatabase> {
  const database = await openDatabase('mariadb')
  const { sql, database: name } = database
  await sql(`CREATE DATABASE ${name}; GRANT ALL ON ${name}.* TO osprofiler`)
  return { ...database, stop: async () => void (await sql(`DROP DATABASE ${name}`)) }
}

async function openDatabase(server: 'mariadb' | 'postgresql'): Promise<Omit<SharedDatabase, 'stop'>> {
  const { host, port, url, user } = await open(server)
  const database = `osprofiler_${user}`
  return {
    host,
    port,
    url: url.replace(/osprofiler$/, database),
    database,
    sql: async statement => String(await sendRequest({ server, method: 'sql', args: [statement] })),
  }
}

/** A user and password for RabbitMQ. */
export interface RabbitmqLogin {
  readonly user: string
  readonly password: string
}

/**
 * Returns a virtual host on the shared RabbitMQ server. The default user is `osprofiler`, with the password `secret`.
 */
export async function shareRabbitmq(login?: RabbitmqLogin): Promise<SharedServer> {
  const { host, port, url, user } = await open('rabbitmq')
  const vhost = RABBITMQ_HOSTS[user]
  if (vhost === undefined) throw new Error(`More than ${user} files share RabbitMQ: add hosts to RABBITMQ_HOSTS.`)
  if (login !== undefined) await addUser(login, vhost)
  const ours = new URL(`${url.replace(/[^/]*$/, '')}${vhost}`)
  if (login !== undefined) Object.assign(ours, { username: login.user, password: login.password })
  return { host, port, url: ours.href, stop: async () => undefined }
}

/** Adds a user with a single call to `rabbitmqctl`, because each call takes a second. */
async function addUser({ user, password }: RabbitmqLogin, vhost: string): Promise<void> {
  const [name, secret, host, all, by] = [user, password, vhost, '.*', 'tests'].map(toErlang)
  const calls = [
    `rabbit_auth_backend_internal:add_user(${name}, ${secret}, ${by})`,
    `rabbit_auth_backend_internal:set_permissions(${name}, ${host}, ${all}, ${all}, ${all}, ${by})`,
  ]
  await sendRequest({ server: 'rabbitmq', method: 'command', args: ['eval', `${calls.join(', ')}.`] })
}

/** Writes a string as an Erlang binary, byte by byte. */
function toErlang(value: string): string {
  return `<<${[...Buffer.from(value)].join(',')}>>`
}

/** Returns the shared Kafka server. Each test file uses topics with random names. */
export async function shareKafka(): Promise<SharedServer> {
  const { host, port, url } = await open('kafka')
  return { host, port, url, stop: async () => undefined }
}

/** Returns a shared search server. Each test file uses an index whose name differs from the driver's default. */
export async function shareSearchServer(name: SearchServerName): Promise<SharedServer & { readonly origin: string }> {
  const { host, port, url, origin } = await open(name)
  return { host, port, url, origin, stop: async () => undefined }
}

interface OpenServer {
  readonly host: string
  readonly port: number
  readonly url: string
  readonly origin: string
  /** Number of test files that requested the server before this one. */
  readonly user: number
}

async function open(server: SharedServerName): Promise<OpenServer> {
  return (await sendRequest({ server })) as OpenServer
}

async function sendRequest(request: SharedServerRequest): Promise<unknown> {
  const socket = connect(inject('sharedServersPort'), '127.0.0.1')
  socket.end(JSON.stringify(request))
  const { answer, error } = JSON.parse(await text(socket))
  if (error !== undefined) throw new Error(error)
  return answer
}
