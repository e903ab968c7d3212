import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Array } from '@osprofiler/core/toolkit'
import { loadClient } from '../opening/client-package.js'
import type { Host } from '../opening/connection-url.js'
import type { SqlFailure } from '../sql/failure.js'
import type { ConnectMode, SqlServers, SqlTls } from '../sql/location.js'
import {
  beginSession,
  type CreateSocket,
  connectToFirst,
  connectWithin,
  createSession,
  type SqlSession,
} from '../sql/session.js'
import { createReadOnlyFailure, toPostgresqlFailure } from './failure.js'

/** Settings of a connection. The client reads settings that are missing here from its environment variables. */
export interface PostgresqlSettings extends SqlServers {
  readonly database: string | undefined
  readonly applicationName: string
  /** Options for the session, for example `-csearch_path=traces`. */
  readonly sessionOptions: string | undefined
  /** Whether to skip read-only servers, such as standbys. */
  readonly mustBeWritable: boolean
}

/**
 * Connects to the first server that answers. If `mustBeWritable` is set, the server must also accept writes. Rejects
 * with an `SqlFailure`.
 */
export async function connectPostgresql(settings: PostgresqlSettings, createSocket: CreateSocket): Promise<SqlSession> {
  async function open(host: Host, mode: ConnectMode): Promise<SqlSession> {
    const session = await connect(settings, host, mode, createSocket())
    if (settings.mustBeWritable) await beginSession(session, () => checkWritable(session))
    return session
  }
  return await connectToFirst(settings, open, toPostgresqlFailure, isAboutConnectMode)
}

async function checkWritable(session: SqlSession): Promise<void> {
  const { rows } = await session.run('SHOW transaction_read_only')
  if (rows[0]?.[0] === 'on') throw createReadOnlyFailure()
}

async function connect(
  { user, password, database, applicationName, sessionOptions, connectTimeoutMs }: PostgresqlSettings,
  { host, port }: Host,
  mode: ConnectMode,
  socket: Socket,
): Promise<SqlSession> {
  const { default: pg } = await loadClient('pg')
  const client = new pg.Client({
    host,
    port,
    user,
    password,
    database,
    ssl: mode === 'plain' ? false : toTlsOptions(mode),
    application_name: applicationName,
    options: sessionOptions,
    stream: () => socket,
  })
  // The statement that is running reports a connection error. Without a listener here, the error would also end the
  // program.
  client.on('error', () => undefined)
  await connectWithin(connectTimeoutMs, socket, async () => {
    await client.connect()
    // The client does not send its encoding, so the server would assume the encoding of the database.
    await client.query("SET client_encoding TO 'UTF8'")
  })
  return createSession({
    async query(text, values) {
      const result = await client.query({ text, values: [...values], rowMode: 'array' })
      // The result is an array if the text contained several statements.
      if (Array.isArray(result)) return { rows: [], changed: 0 }
      return { rows: result.rows, changed: result.rowCount ?? 0 }
    },
    end: () => client.end(),
    destroy: () => socket.destroy(),
    onEnd(listener) {
      client.once('error', listener)
      client.once('end', listener)
    },
    toFailure: toPostgresqlFailure,
  })
}

function toTlsOptions({ verify, ...files }: SqlTls): ConnectionOptions {
  if (verify === 'nothing') return { ...files, rejectUnauthorized: false }
  return verify === 'name' ? files : { ...files, checkServerIdentity: () => undefined }
}

/** Returns whether a connection failed because the server refuses TLS, or refuses connections without TLS. */
function isAboutConnectMode({ code, message }: SqlFailure): boolean {
  return code === '28000' || message.includes('does not support SSL')
}
