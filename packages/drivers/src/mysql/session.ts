import type { Socket } from 'node:net'
import { Array } from '@osprofiler/core/toolkit'
import type { Connection, ConnectionOptions, ResultSetHeader, RowDataPacket, SslOptions } from 'mysql2'
import { loadClient } from '../opening/client-package.js'
import type { Host } from '../opening/connection-url.js'
import { type ConnectMode, isSocketPath, type SqlServers, type SqlTls } from '../sql/location.js'
import {
  type CreateSocket,
  connectToFirst,
  connectWithin,
  createSession,
  LOCK_WAIT_S,
  type SqlSession,
} from '../sql/session.js'
import { toMysqlFailure } from './failure.js'

/** The servers, the login and the database of a store in MySQL or MariaDB. */
export interface MysqlSettings extends SqlServers {
  readonly database: string
}

/** The client's result with the option `rowsAsArray`. */
type Result = RowDataPacket[][] | ResultSetHeader

/** Maximum number of prepared statements per connection. By default, a server keeps 16,382 in total. */
const MAX_PREPARED_STATEMENTS = 8

/**
 * Settings of each session. The SQL mode makes the server refuse values that are too long instead of truncating them,
 * and treat "\" as an escape, as the client assumes. The server itself limits lock waits, because it continues to wait
 * for a lock even after the connection was destroyed.
 */
const SESSION_SETTINGS = `SET SESSION sql_mode = 'STRICT_ALL_TABLES', SESSION autocommit = 1,
  SESSION lock_wait_timeout = ${LOCK_WAIT_S}, SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_S}`

/** Connects to the first server that answers. Rejects with an `SqlFailure`. */
export async function connectMysql(settings: MysqlSettings, createSocket: CreateSocket): Promise<SqlSession> {
  return await connectToFirst(
    settings,
    (host, mode) => connect(settings, host, mode, createSocket()),
    toMysqlFailure,
    // The next mode, a connection without TLS, is tried only if the server does not support TLS.
    ({ code }) => code === 'HANDSHAKE_NO_SSL_SUPPORT',
  )
}

async function connect(
  { user, password, database, connectTimeoutMs }: MysqlSettings,
  { host, port }: Host,
  mode: ConnectMode,
  socket: Socket,
): Promise<SqlSession> {
  const { default: mysql } = await loadClient('mysql2')
  const options: ConnectionOptions = {
    host,
    port,
    database,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(mode === 'plain' ? {} : { ssl: toTlsOptions(mode) }),
    stream: () => (isSocketPath(host) ? socket.connect(host) : socket.connect(port, host)),
    // 0 disables the client's own timer, which would keep the process alive.
    connectTimeout: 0,
    charset: 'utf8mb4',
    rowsAsArray: true,
    jsonStrings: true,
    maxPreparedStatements: MAX_PREPARED_STATEMENTS,
  }
  return await connectWithin(connectTimeoutMs, socket, async () => {
    const connection = mysql.createConnection(options)
    // A failed statement reports the error to its caller. Without a listener here, the error would also end the
    // program.
    connection.on('error', () => undefined)
    await connection.promise().connect()
    await connection.promise().query(SESSION_SETTINGS)
    return createMysqlSession(connection, socket)
  })
}

function createMysqlSession(connection: Connection, socket: Socket): SqlSession {
  const promised = connection.promise()
  return createSession({
    async query(text, values, often) {
      const [result] = await (often
        ? promised.execute<Result>(text, [...values] as string[])
        : promised.query<Result>(text, [...values]))
      return Array.isArray(result) ? { rows: result, changed: 0 } : { rows: [], changed: result.affectedRows }
    },
    end: () => promised.end(),
    destroy: () => socket.destroy(),
    onEnd(listener) {
      connection.once('error', listener)
      connection.once('end', listener)
      socket.once('close', listener)
    },
    toFailure: toMysqlFailure,
  })
}

function toTlsOptions({ verify, ...files }: SqlTls): SslOptions {
  return { ...files, rejectUnauthorized: verify !== 'nothing', verifyIdentity: verify === 'name' }
}
