import { Number, Set } from '@osprofiler/core/toolkit'
import {
  type ConnectionUrl,
  type Host,
  parseConnectionUrl,
  showHosts,
  splitWords,
  type UrlForm,
} from '../opening/connection-url.js'
import { readSeconds, readSwitch, readTlsFiles, readTtl } from '../opening/url-options.js'

/** The servers of a store, and how to connect to them, as read from the connection string. */
export interface RedisSettings {
  /** Whether `hosts` contains one server, some nodes of a Cluster, or Sentinels that know the address of the master. */
  readonly kind: 'single' | 'cluster' | 'sentinel'
  /** The product name for messages, which depends on the scheme of the connection string. */
  readonly product: 'Redis' | 'Valkey'
  readonly hosts: readonly Host[]
  readonly location: string
  /** The name of the master in the configuration of the Sentinels. */
  readonly masterName: string
  readonly login: RedisLogin
  /** The login to the Sentinels themselves. */
  readonly sentinelLogin: RedisLogin
  readonly db: number
  readonly tls: RedisTls | undefined
  /** Time limit for connecting, including the handshake, in milliseconds. */
  readonly connectTimeoutMs: number
  /** Time limit for an answer, in milliseconds. */
  readonly replyTimeoutMs: number
  /** How long to keep traces, in milliseconds. */
  readonly ttl: number | undefined
}

/** Credentials for a server. A password without a user name belongs to the server's default user. */
export interface RedisLogin {
  readonly username: string | undefined
  readonly password: string | undefined
}

/** TLS settings. Certificate files are given by their paths, because each new connection reads the files again. */
export interface RedisTls {
  readonly caFile: string | undefined
  readonly certificateFile: string | undefined
  readonly keyFile: string | undefined
  /** Whether the certificate must be issued by a trusted authority. */
  readonly verify: boolean
  /** Whether the certificate must match the host. */
  readonly checkHost: boolean
}

/**
 * The options of a connection string. They have the same names as in Python's client, except for `cluster`, `ttl` and
 * the names with `sentinel_`.
 */
const COMMON_OPTIONS = splitWords(`
  db username password socket_timeout socket_connect_timeout ssl_ca_certs ssl_certfile ssl_keyfile
  ssl_cert_reqs ssl_check_hostname ttl
`)
/** Options of Python's client that are accepted but have no effect here. */
const IGNORED_OPTIONS = splitWords(`
  client_name health_check_interval max_connections protocol retry_on_timeout socket_keepalive
`)
const CONNECT_MS = 5_000
const REPLY_MS = 30_000
const TLS_SCHEMES = new Set(['rediss', 'redissentinels', 'valkeys'])
const REDIS_FORM: UrlForm = {
  example: 'redis://user:password@host:6379/0',
  defaultPort: 6_379,
  defaultHost: 'localhost',
  options: [...COMMON_OPTIONS, 'cluster'],
  ignoredOptions: IGNORED_OPTIONS,
}
const VALKEY_FORM: UrlForm = { ...REDIS_FORM, example: 'valkey://user:password@host:6379/0' }
const SENTINEL_FORM: UrlForm = {
  example: 'redissentinel://user:password@host:26379,host:26379/mymaster',
  defaultPort: 26_379,
  defaultHost: 'localhost',
  options: [...COMMON_OPTIONS, 'sentinel_username', 'sentinel_password'],
  ignoredOptions: IGNORED_OPTIONS,
}

/**
 * Reads the part of a connection string after `redis://`, `redissentinel://` or `valkey://`, or after their variants
 * with `s` for TLS. Throws `ERR_CONNECTION_STRING` if this part is invalid.
 */
export function readRedisUrl(scheme: string, location: string): RedisSettings {
  const bySentinel = scheme.startsWith('redissentinel')
  const product = scheme.startsWith('valkey') ? 'Valkey' : 'Redis'
  const url = parseConnectionUrl(location, bySentinel ? SENTINEL_FORM : product === 'Valkey' ? VALKEY_FORM : REDIS_FORM)
  const { hosts, path, options, createError } = url
  const kind = bySentinel ? 'sentinel' : (readSwitch(url, 'cluster') ?? hosts.length > 1) ? 'cluster' : 'single'
  if (kind === 'single' && hosts.length > 1)
    throw createError('several hosts form a Cluster, which contradicts "cluster=false"')
  const database = options.get('db') ?? (bySentinel ? '' : path)
  if (!/^\d{0,5}$/.test(database)) throw createError('a database must be a number of at least 0')
  const db = Number(database)
  const masterName = path === '' ? 'mymaster' : path
  if (bySentinel && path.includes('/'))
    throw createError('a database after the name of the master must be given as "?db=2"')
  if (kind === 'cluster' && db !== 0) throw createError('a Cluster has only the database 0')
  return {
    kind,
    product,
    hosts,
    location: showLocation(hosts, bySentinel ? masterName : undefined, kind === 'cluster' ? undefined : db),
    masterName,
    login: readLogin(url),
    sentinelLogin: { username: options.get('sentinel_username'), password: options.get('sentinel_password') },
    db,
    tls: readTls(scheme, url),
    connectTimeoutMs: readSeconds(url, 'socket_connect_timeout') ?? CONNECT_MS,
    replyTimeoutMs: readSeconds(url, 'socket_timeout') ?? REPLY_MS,
    ttl: readTtl(options.get('ttl')),
  }
}

function readLogin({ username, password, options }: ConnectionUrl): RedisLogin {
  return { username: username ?? options.get('username'), password: password ?? options.get('password') }
}

function showLocation(hosts: readonly Host[], masterName: string | undefined, db: number | undefined): string {
  return [showHosts(hosts), masterName, db].filter(part => part !== undefined).join('/')
}

function readTls(scheme: string, url: ConnectionUrl): RedisTls | undefined {
  const { options, createError } = url
  const given = [...options.keys()].filter(name => name.startsWith('ssl_'))
  if (!TLS_SCHEMES.has(scheme)) {
    if (given.length > 0) throw createError(`${given[0]} is for ${scheme}s://, which speaks TLS`)
    return undefined
  }
  const certificateCheck = (options.get('ssl_cert_reqs') ?? 'required').toLowerCase().replace(/^cert_/, '')
  if (!['none', 'optional', 'required'].includes(certificateCheck))
    throw createError('ssl_cert_reqs must be none, optional or required')
  // This call only checks that the files can be read. Each connection reads the files again, because certificates are
  // renewed.
  readTlsFiles(url, { ca: 'ssl_ca_certs', cert: 'ssl_certfile', key: 'ssl_keyfile' })
  return {
    caFile: options.get('ssl_ca_certs'),
    certificateFile: options.get('ssl_certfile'),
    keyFile: options.get('ssl_keyfile'),
    verify: certificateCheck !== 'none',
    checkHost: readSwitch(url, 'ssl_check_hostname') ?? true,
  }
}
