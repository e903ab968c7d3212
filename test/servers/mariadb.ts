import { join } from 'node:path'
import { findOwner } from './find-owner.js'
import { findFreePort } from './free-port.js'
import { makeCertificate } from './make-certificate.js'
import { runProgram } from './run-program.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

/** Options for a test's MariaDB server. */
export interface MariadbOptions {
  /** Password of the user `osprofiler`. Default: no password. */
  readonly password?: string | undefined
  /** Whether the user `osprofiler` must connect over TLS. The certificate is self-signed. */
  readonly tls?: boolean | undefined
  /** Further settings, such as `{ max_allowed_packet: '1M' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** A MariaDB server for one test, with a user and an empty database that are both named `osprofiler`. */
export interface MariadbServer extends TestServer {
  /** The file of the server's certificate, if it uses TLS. */
  readonly certificateFile: string | undefined
  /** Runs SQL as the superuser. Resolves to the output of the client `mariadb`, unaligned and without headings. */
  sql(text: string): Promise<string>
}

const NAME = 'osprofiler'

/** Starts a MariaDB server. All committed data survives `kill()`. */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const { password, tls = false, settings = {} } = options
  const owner = findOwner('mysql', 'nobody')
  const folder = makeServerFolder('mariadb', owner)
  const data = join(folder, 'data')
  const socket = join(folder, 'socket')
  const port = await findFreePort()
  const certificate = tls ? await makeCertificate(folder, owner) : undefined
  // When a server starts, it removes all temporary tables in this folder, so two servers must not share a folder.
  const folders = [`--datadir=${data}`, `--tmpdir=${folder}`]
  const install = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve']
  // The server runs without plugins, because those of a full installation would need additional files.
  await runProgram('mariadb-install-db', ['--no-defaults', ...folders, ...install], { owner, cwd: folder })

  const sql = (text: string) =>
    runProgram('mariadb', ['--no-defaults', `--socket=${socket}`, '-u', 'root', '-B', '-N', '-e', text])
  const server = await startServer({
    command: 'mariadbd',
    args: [
      '--no-defaults',
      ...folders,
      ...toArguments({
        socket,
        port: String(port),
        'bind-address': '127.0.0.1',
        'pid-file': join(folder, 'pid'),
        'innodb-buffer-pool-size': '32M',
        'innodb-log-file-size': '16M',
        'innodb-flush-log-at-trx-commit': '2',
        ...(certificate === undefined
          ? {}
          : { 'ssl-cert': certificate.certificateFile, 'ssl-key': certificate.keyFile }),
        ...settings,
      }),
      '--skip-name-resolve',
    ],
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    owner,
    isReady: async () => (await sql('SELECT 1')).trim() === '1',
  })
  const identified = password === undefined ? '' : `IDENTIFIED BY '${password.replaceAll("'", "''")}'`
  await sql(`CREATE DATABASE ${NAME}; CREATE USER ${NAME}@'%' ${identified} ${tls ? 'REQUIRE SSL' : ''};
    GRANT ALL ON ${NAME}.* TO ${NAME}@'%'`)

  const user = password === undefined ? NAME : `${NAME}:${encodeURIComponent(password)}`
  return {
    host: '127.0.0.1',
    port,
    url: `mysql://${user}@127.0.0.1:${port}/${NAME}`,
    certificateFile: certificate?.certificateFile,
    sql,
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(folder)
    },
  }
}

function toArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
}
