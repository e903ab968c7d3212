import { OsprofilerError } from '@osprofiler/core'
import { Math, Number, Set, TypeError } from '@osprofiler/core/toolkit'
import { readTtl } from '../lifetime/retention.js'
import { readCertificateFile } from '../opening/certificate-file.js'
import {
  type ConnectionUrl,
  type Host,
  parseConnectionUrl,
  showHosts,
  type UrlForm,
} from '../opening/connection-url.js'

/** Where a Redis is and how to talk to it. */
export interface RedisPlace {
  /** One server, the nodes of a Cluster of which some are known, or Sentinels that know the master. */
  readonly kind: 'single' | 'cluster' | 'sentinel'
  readonly hosts: readonly Host[]
  /** For people. */
  readonly location: string
  /** By which Sentinels know the master. */
  readonly masterName: string
  readonly login: RedisLogin
  /** Of the Sentinels themselves. */
  readonly sentinelLogin: RedisLogin
  readonly db: number
  readonly tls: RedisTls | undefined
  /** Milliseconds that a connection and its handshake may take. */
  readonly connectTimeout: number
  /** Milliseconds after which a server that does not answer is given up. */
  readonly replyTimeout: number
  /** See `readTtl`. */
  readonly ttl: number | undefined
}

export interface RedisLogin {
  readonly username: string | undefined
  readonly password: string | undefined
}

/** Files and checks of TLS. */
export interface RedisTls {
  readonly caFile: string | undefined
  readonly certificateFile: string | undefined
  readonly keyFile: string | undefined
  /** Whether the server's certificate has to be from an authority that is known. */
  readonly verify: boolean
  /** Whether it has to be of the host that was asked for. */
  readonly checkHost: boolean
}

/** As Python's client spells them, but for `cluster`, `sentinel_` and `ttl`. */
const OPTIONS = [
  'db',
  'username',
  'password',
  'socket_timeout',
  'socket_connect_timeout',
  'ssl_ca_certs',
  'ssl_certfile',
  'ssl_keyfile',
  'ssl_cert_reqs',
  'ssl_check_hostname',
  'ttl',
]
/** They tell Python how its client is to work. */
const PASSED_OVER = [
  'client_name',
  'health_check_interval',
  'max_connections',
  'protocol',
  'retry_on_timeout',
  'socket_keepalive',
]
const TLS_SCHEMES = new Set(['rediss', 'redissentinels'])
const FORMS: Readonly<Record<string, UrlForm>> = {
  redis: {
    example: 'redis://user:password@host:6379/0',
    defaultPort: 6_379,
    defaultHost: 'localhost',
    options: [...OPTIONS, 'cluster'],
    passedOver: PASSED_OVER,
  },
  sentinel: {
    example: 'redissentinel://user:password@host:26379,host:26379/mymaster',
    defaultPort: 26_379,
    defaultHost: 'localhost',
    options: [...OPTIONS, 'sentinel_username', 'sentinel_password'],
    passedOver: PASSED_OVER,
  },
}

/** Reads what follows `redis://`, `rediss://`, `redissentinel://` or `redissentinels://`. Throws `ERR_CONNECTION_STRING`. */
export function readRedisUrl(scheme: string, location: string): RedisPlace {
  const bySentinel = scheme.startsWith('redissentinel')
  const form = FORMS[bySentinel ? 'sentinel' : 'redis']
  if (form === undefined) throw new TypeError(`No form for ${scheme}.`)
  const url = parseConnectionUrl(location, form)
  const { hosts, path, options } = url
  const kind = bySentinel ? 'sentinel' : readSwitch(options, 'cluster', hosts.length > 1) ? 'cluster' : 'single'
  if (kind === 'single' && hosts.length > 1) fail('several hosts are a Cluster, and "cluster=false" says it is none')
  const db = readDatabase(options.get('db') ?? (bySentinel ? '' : path))
  const masterName = path === '' ? 'mymaster' : path
  if (bySentinel && path.includes('/')) fail('behind the name of the master, a database is given as "?db=2"')
  if (kind === 'cluster' && db !== 0) fail('a Cluster has no other database than 0')
  return {
    kind,
    hosts,
    location: showLocation(hosts, bySentinel ? masterName : undefined, kind === 'cluster' ? undefined : db),
    masterName,
    login: readLogin(url),
    sentinelLogin: { username: options.get('sentinel_username'), password: options.get('sentinel_password') },
    db,
    tls: readTls(scheme, options),
    connectTimeout: readSeconds(options, 'socket_connect_timeout', 5),
    replyTimeout: readSeconds(options, 'socket_timeout', 30),
    ttl: readTtl(options.get('ttl')),
  }
}

function readLogin({ username, password, options }: ConnectionUrl): RedisLogin {
  return { username: username ?? options.get('username'), password: password ?? options.get('password') }
}

function showLocation(hosts: readonly Host[], masterName: string | undefined, db: number | undefined): string {
  return [showHosts(hosts), masterName, db].filter(part => part !== undefined).join('/')
}

function readDatabase(text: string): number {
  if (!/^\d{0,5}$/.test(text)) fail('a database is a number from 0 on')
  return Number(text)
}

/** Python gives times in seconds. */
function readSeconds(options: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const seconds = Number(options.get(name) ?? fallback)
  if (!(seconds > 0 && seconds < 86_400)) fail(`${name} is a number of seconds above 0`)
  return Math.ceil(seconds * 1_000)
}

function readTls(scheme: string, options: ReadonlyMap<string, string>): RedisTls | undefined {
  const given = [...options.keys()].filter(name => name.startsWith('ssl_'))
  if (!TLS_SCHEMES.has(scheme)) {
    return given.length === 0 ? undefined : fail(`${given[0]} is for ${scheme}s://, which speaks TLS`)
  }
  const checks = (options.get('ssl_cert_reqs') ?? 'required').toLowerCase().replace(/^cert_/, '')
  if (!['none', 'optional', 'required'].includes(checks)) fail('ssl_cert_reqs is none, optional or required')
  return {
    caFile: readFileOption(options, 'ssl_ca_certs'),
    certificateFile: readFileOption(options, 'ssl_certfile'),
    keyFile: readFileOption(options, 'ssl_keyfile'),
    verify: checks !== 'none',
    checkHost: readSwitch(options, 'ssl_check_hostname', true),
  }
}

/** The path of a file that can be read. What is in it is read with each connection: certificates are renewed. */
function readFileOption(options: ReadonlyMap<string, string>, name: string): string | undefined {
  const path = options.get(name)
  if (path === undefined) return undefined
  try {
    readCertificateFile(path)
  } catch (cause) {
    fail(`the file that ${name} names cannot be read (${(cause as Error).message})`, { cause })
  }
  return path
}

function readSwitch(options: ReadonlyMap<string, string>, name: string, fallback: boolean): boolean {
  const text = options.get(name)?.toLowerCase()
  if (text === undefined) return fallback
  if (['true', 'yes', '1'].includes(text)) return true
  if (['false', 'no', '0'].includes(text)) return false
  return fail(`${name} is true or false`)
}

function fail(reason: string, options?: ErrorOptions): never {
  throw new OsprofilerError(
    'ERR_CONNECTION_STRING',
    `The connection string of Redis cannot be used: ${reason}. It is not shown, for it may hold a password.`,
    options,
  )
}
