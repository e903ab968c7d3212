import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import type { SearchServerName } from './search-programs.js'
import { RABBITMQ_HOSTS, type SharedServerName, type Wish } from './shared-servers.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where `test/global-setup.ts` hands out the servers that test files share. */
    sharedServersPort: number
  }
}

/** A part of a server that all test files of a run share. */
export interface SharedServer {
  readonly host: string
  readonly port: number
  /** Where clients connect to, with user and password, and a name that no other file has. */
  readonly url: string
  /** Removes what is the file's own. The server runs on. */
  stop(): Promise<void>
}

/** An empty database for a test file. */
export interface SharedDatabase extends SharedServer {
  /** Its name. Its owner is the user `osprofiler`. */
  readonly database: string
  /** Runs SQL in the server as its superuser and resolves to what the client prints, unaligned and without headings. */
  sql(text: string): Promise<string>
}

/** The shared PostgreSQL, with a database for this file. It has no passwords and no TLS. */
export async function sharePostgresql(): Promise<SharedDatabase> {
  const database = await openDatabase('postgresql')
  const { sql, database: name } = database
  await sql(`CREATE DATABASE ${name} OWNER osprofiler`)
  return { ...database, stop: async () => void (await sql(`DROP DATABASE ${name} WITH (FORCE)`)) }
}

/** The shared MariaDB, with a database for this file. It has no passwords and no TLS. */
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
    sql: async statement => String(await requestWish({ server, method: 'sql', args: [statement] })),
  }
}

/** Who logs in to RabbitMQ. */
export interface RabbitmqLogin {
  readonly user: string
  readonly password: string
}

/** A virtual host of the shared RabbitMQ, by default for `osprofiler` with the password `secret`. */
export async function shareRabbitmq(login?: RabbitmqLogin): Promise<SharedServer> {
  const { host, port, url, user } = await open('rabbitmq')
  const vhost = RABBITMQ_HOSTS[user]
  if (vhost === undefined) throw new Error(`More than ${user} files share RabbitMQ: name more virtual hosts.`)
  if (login !== undefined) await addUser(login, vhost)
  const ours = new URL(`${url.replace(/[^/]*$/, '')}${vhost}`)
  if (login !== undefined) Object.assign(ours, { username: login.user, password: login.password })
  return { host, port, url: ours.href, stop: async () => undefined }
}

/** In one call of `rabbitmqctl`, each of which takes a second. */
async function addUser({ user, password }: RabbitmqLogin, vhost: string): Promise<void> {
  const [name, secret, host, all, by] = [user, password, vhost, '.*', 'tests'].map(toErlang)
  const calls = [
    `rabbit_auth_backend_internal:add_user(${name}, ${secret}, ${by})`,
    `rabbit_auth_backend_internal:set_permissions(${name}, ${host}, ${all}, ${all}, ${all}, ${by})`,
  ]
  await requestWish({ server: 'rabbitmq', method: 'command', args: ['eval', `${calls.join(', ')}.`] })
}

/** As a binary, by its bytes. */
function toErlang(value: string): string {
  return `<<${[...Buffer.from(value)].join(',')}>>`
}

/** The shared Kafka: a topic of a random name is a file's own. */
export async function shareKafka(): Promise<SharedServer> {
  const { host, port, url } = await open('kafka')
  return { host, port, url, stop: async () => undefined }
}

/** A shared search server: an index of another name than the driver's is a file's own. */
export async function shareSearchServer(name: SearchServerName): Promise<SharedServer & { readonly origin: string }> {
  const { host, port, url, origin } = await open(name)
  return { host, port, url, origin, stop: async () => undefined }
}

interface OpenServer {
  readonly host: string
  readonly port: number
  readonly url: string
  readonly origin: string
  /** Counts those who ask. */
  readonly user: number
}

async function open(server: SharedServerName): Promise<OpenServer> {
  return (await requestWish({ server })) as OpenServer
}

async function requestWish(wish: Wish): Promise<unknown> {
  const socket = connect(inject('sharedServersPort'), '127.0.0.1')
  socket.end(JSON.stringify(wish))
  const { answer, error } = JSON.parse(await text(socket))
  if (error !== undefined) throw new Error(error)
  return answer
}
