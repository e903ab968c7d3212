import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findOwner } from './find-owner.js'
import { findFreePort } from './free-port.js'
import { makeCertificate } from './make-certificate.js'
import { runProgram } from './run-program.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

/** Options for a test's PostgreSQL server. */
export interface PostgresqlOptions {
  /** Password of the user `osprofiler`. Default: the server trusts every client. */
  readonly password?: string | undefined
  /** Whether the server accepts only TLS. The certificate is self-signed. */
  readonly tls?: boolean | undefined
  /** Further settings, such as `{ max_connections: '10' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** A PostgreSQL server for one test, with a user and an empty database that are both named `osprofiler`. */
export interface PostgresqlServer extends TestServer {
  /** The file of the server's certificate, if it uses TLS. */
  readonly certificateFile: string | undefined
  /** Runs SQL as the superuser. Resolves to the output of `psql`, unaligned and without headings. */
  sql(text: string): Promise<string>
}

const SUPERUSER = 'postgres'
const NAME = 'osprofiler'

/** Starts a PostgreSQL server. All committed data survives `kill()`. */
export async function startPostgresql(options: PostgresqlOptions = {}): Promise<PostgresqlServer> {
  const { password, tls = false, settings = {} } = options
  const owner = findOwner('postgres', 'nobody')
  const folder = makeServerFolder('postgresql', owner)
  const data = join(folder, 'data')
  const port = await findFreePort()
  const certificate = tls ? await makeCertificate(folder, owner) : undefined
  const programs = findPostgresqlPrograms()
  const access = ['--auth-local=trust', '--auth-host=trust', `--username=${SUPERUSER}`]
  const initdb = ['-D', data, ...access, '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions']
  await runProgram(join(programs, 'initdb'), initdb, { owner })
  writeFileSync(join(data, 'pg_hba.conf'), describeAccess(password !== undefined, tls))

  const sql = (text: string) => askPostgresql(programs, folder, port, text)
  const server = await startServer({
    command: join(programs, 'postgres'),
    args: [
      ...['-D', data],
      ...toArguments({
        listen_addresses: '127.0.0.1',
        port: String(port),
        unix_socket_directories: folder,
        // In a test, the data does not need to survive a power failure.
        fsync: 'off',
        ...(certificate === undefined
          ? {}
          : { ssl: 'on', ssl_cert_file: certificate.certificateFile, ssl_key_file: certificate.keyFile }),
        ...settings,
      }),
    ],
    owner,
    isReady: async () => (await sql('SELECT 1')).trim() === '1',
  })
  await sql(`CREATE ROLE ${NAME} LOGIN ${password === undefined ? '' : `PASSWORD '${password.replaceAll("'", "''")}'`}`)
  await sql(`CREATE DATABASE ${NAME} OWNER ${NAME}`)

  const user = password === undefined ? NAME : `${NAME}:${encodeURIComponent(password)}`
  return {
    host: '127.0.0.1',
    port,
    url: `postgresql://${user}@127.0.0.1:${port}/${NAME}`,
    certificateFile: certificate?.certificateFile,
    sql,
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(folder)
    },
  }
}

/**
 * Returns the folder of the newest PostgreSQL's programs, which Debian does not add to the PATH. Throws if there is
 * none.
 */
export function findPostgresqlPrograms(): string {
  const versions = '/usr/lib/postgresql'
  const found = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...found.map(version => join(versions, version, 'bin')), ...(process.env.PATH ?? '').split(':')]
  const folder = folders.find(candidate => existsSync(join(candidate, 'initdb')))
  if (folder === undefined) throw new Error('No initdb of PostgreSQL was found.')
  return folder
}

async function askPostgresql(programs: string, socketFolder: string, port: number, text: string): Promise<string> {
  const connection = ['-h', socketFolder, '-p', String(port), '-U', SUPERUSER, '-d', 'postgres']
  return await runProgram(join(programs, 'psql'), [...connection, '-X', '-q', '-A', '-t', '-c', text])
}

function describeAccess(byPassword: boolean, tls: boolean): string {
  const host = `${tls ? 'hostssl' : 'host'} all all 127.0.0.1/32 ${byPassword ? 'scram-sha-256' : 'trust'}`
  return `local all ${SUPERUSER} trust\n${host}\n`
}

function toArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
