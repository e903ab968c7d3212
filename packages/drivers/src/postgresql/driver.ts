import { Number } from '@osprofiler/core/toolkit'
import { findClient } from '../opening/client-package.js'
import {
  type ConnectionUrl,
  type CreateUrlError,
  type Host,
  parseConnectionUrl,
  showHosts,
  splitWords,
  type UrlForm,
} from '../opening/connection-url.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { readChoice, readSeconds, readTlsFiles, readTtl } from '../opening/url-options.js'
import { createSqlDriver, type SqlDatabase } from '../sql/driver.js'
import { type ConnectModes, computeMaxConnectMs, showAddress } from '../sql/location.js'
import { connectPostgresql, type PostgresqlSettings } from './session.js'
import { createPostgresqlStore } from './store.js'

/** The schemes for PostgreSQL, including the schemes of Python's clients. */
export const POSTGRESQL_SCHEMES = splitWords(`
  postgresql postgres postgresql+asyncpg postgresql+pg8000 postgresql+psycopg postgresql+psycopg2
  postgresql+psycopg2cffi postgresql+psycopg_async
`)

const FORM: UrlForm = {
  example: 'postgresql://user:password@host:5432/database',
  defaultPort: 5432,
  defaultHost: 'localhost',
  options: splitWords(`
    host port user password dbname sslmode sslrootcert sslcert sslkey application_name connect_timeout
    client_encoding options target_session_attrs ttl
  `),
  listOptions: ['host', 'port'],
  ignoredOptions: splitWords(`
    gssencmode keepalives keepalives_count keepalives_idle keepalives_interval plugin tcp_user_timeout
  `),
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
const SESSION_ATTRIBUTES = ['any', 'read-write', 'primary'] as const
const CONNECT_MS = 10_000

/**
 * Opens a driver that keeps records in PostgreSQL, in the table of Python's SQLAlchemy driver. A batch is one multi-row
 * insert in its own transaction, and `write` resolves after the commit. If the connection breaks during the commit,
 * `write` rejects with `ERR_WRITE_UNCERTAIN`. Outside of `info`, strings with a NUL, a lone surrogate or more than 255
 * characters are refused. The driver also refuses records that the database refuses while it accepts other rows. As in
 * other clients, the user, password and database default to `PGUSER`, `PGPASSWORD` and `PGDATABASE`.
 */
export function openPostgresqlDriver(location: string, context: OpenContext): StoreDriver {
  const url = parseConnectionUrl(location, FORM)
  findClient('pg', context)
  const { options } = url
  const settings: PostgresqlSettings = {
    hosts: toHosts(url),
    modes: toConnectModes(url),
    user: options.get('user') ?? url.username,
    password: options.get('password') ?? url.password,
    database: (options.get('dbname') ?? url.path) || undefined,
    applicationName: options.get('application_name') ?? 'osprofiler',
    sessionOptions: options.get('options'),
    mustBeWritable: (readChoice(url, 'target_session_attrs', SESSION_ATTRIBUTES) ?? 'any') !== 'any',
    connectTimeoutMs: readSeconds(url, 'connect_timeout') ?? CONNECT_MS,
  }
  readChoice(url, 'client_encoding', ['utf8', 'utf-8', 'UNICODE'])
  const database: SqlDatabase = {
    name: 'postgresql',
    location: `${showHosts(settings.hosts, showAddress)}/${settings.database ?? ''}`,
    connectMs: computeMaxConnectMs(settings),
    ttl: readTtl(options.get('ttl')),
    keepsNul: false,
    open: async createSocket => createPostgresqlStore(await connectPostgresql(settings, createSocket)),
  }
  return createSqlDriver(database, context)
}

/**
 * Reads the hosts. As in libpq, hosts and ports can also be given as options. As in SQLAlchemy, the option for hosts
 * may include ports.
 */
function toHosts({ hosts, options, createError }: ConnectionUrl): readonly Host[] {
  const readList = (name: string) => options.get(name)?.split(',')
  const hostsWithPorts = readList('host')?.map(text => toHost(text, createError)) ?? hosts
  const ports = readList('port')?.map(text => readPort(text, createError)) ?? []
  if (ports.length > 1 && ports.length !== hostsWithPorts.length) {
    throw createError('port must be one number, or one number for each host')
  }
  return hostsWithPorts.map((place, index) => ({ ...place, port: ports[index] ?? ports[0] ?? place.port }))
}

function toHost(text: string, createError: CreateUrlError): Host {
  const [, address, name, port] = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?$/.exec(text) ?? []
  const host = address ?? name ?? text
  return { host, port: port === undefined ? FORM.defaultPort : readPort(port, createError) }
}

function readPort(text: string, createError: CreateUrlError): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw createError('port must be a number from 1 to 65535')
}

/** Reads libpq's `sslmode`. If it is not set, TLS is tried first, and then a connection without TLS. */
function toConnectModes(url: ConnectionUrl): ConnectModes {
  const files = readTlsFiles(url, { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' })
  const unverified = { ...files, verify: 'nothing' } as const
  switch (readChoice(url, 'sslmode', SSL_MODES) ?? 'prefer') {
    case 'disable':
      return ['plain']
    case 'allow':
      return ['plain', unverified]
    case 'prefer':
      return [unverified, 'plain']
    case 'require':
      return [files.ca === undefined ? unverified : { ...files, verify: 'authority' }]
    case 'verify-ca':
      return [{ ...files, verify: 'authority' }]
    case 'verify-full':
      return [{ ...files, verify: 'name' }]
  }
}
