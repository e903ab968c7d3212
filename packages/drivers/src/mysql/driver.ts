import { Number, String } from '@osprofiler/core/toolkit'
import { findClient } from '../opening/client-package.js'
import {
  type ConnectionUrl,
  type Host,
  parseConnectionUrl,
  showHosts,
  splitWords,
  type UrlForm,
} from '../opening/connection-url.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { readChoice, readSeconds, readSwitch, readTlsFiles, readTtl } from '../opening/url-options.js'
import { createSqlDriver, type SqlDatabase } from '../sql/driver.js'
import { type ConnectModes, computeMaxConnectMs, showAddress } from '../sql/location.js'
import { beginSession } from '../sql/session.js'
import { connectMysql, type MysqlSettings } from './session.js'
import { createMysqlStore } from './store.js'

/** The schemes for MySQL and MariaDB, including the schemes of Python's clients. */
export const MYSQL_SCHEMES = splitWords(`
  mysql mysql+aiomysql mysql+asyncmy mysql+cymysql mysql+mysqlconnector mysql+mysqldb mysql+pymysql mariadb
  mariadb+mariadbconnector mariadb+mysqlconnector mariadb+mysqldb mariadb+pymysql
`)

const FORM: UrlForm = {
  example: 'mysql://user:password@host:3306/database',
  defaultPort: 3306,
  defaultHost: 'localhost',
  options: splitWords(`
    unix_socket charset connect_timeout ssl ssl_mode ssl_disabled ssl_ca ssl_cert ssl_key ssl_check_hostname
    ssl_verify_cert ssl_verify_identity ttl
  `),
  ignoredOptions: ['autocommit', 'local_infile', 'plugin', 'read_timeout', 'use_unicode', 'write_timeout'],
}

const SSL_MODES = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'] as const
const CONNECT_MS = 10_000

/**
 * Keeps records in MySQL or MariaDB, in the table of Python's SQLAlchemy driver. A batch is one multi-row insert in its
 * own transaction, and `write` resolves after the commit. If the connection breaks during the commit, `write` rejects
 * with `ERR_WRITE_UNCERTAIN`. Outside of `info`, strings with a lone surrogate or more than 255 characters are refused.
 * The driver also refuses records that are larger than the server's `max_allowed_packet`, and records that the database
 * refuses while it accepts other rows.
 */
export function openMysqlDriver(location: string, context: OpenContext): StoreDriver {
  const url = parseConnectionUrl(location, FORM)
  findClient('mysql2', context)
  if (url.path === '') throw url.createError('it must name a database')
  // The option `charset` is validated but not used. The connection always uses utf8mb4, which includes the other
  // character sets.
  readChoice(url, 'charset', ['utf8', 'utf8mb3', 'utf8mb4'])
  const settings: MysqlSettings = {
    hosts: toHosts(url),
    modes: toConnectModes(url),
    user: url.username,
    password: url.password,
    database: url.path,
    connectTimeoutMs: readSeconds(url, 'connect_timeout') ?? CONNECT_MS,
  }
  const database: SqlDatabase = {
    name: 'mysql',
    location: `${showHosts(settings.hosts, showAddress)}/${settings.database}`,
    connectMs: computeMaxConnectMs(settings),
    ttl: readTtl(url.options.get('ttl')),
    keepsNul: true,
    async open(createSocket) {
      const session = await connectMysql(settings, createSocket)
      const { rows } = await beginSession(session, () => session.run('SELECT @@max_allowed_packet, VERSION()'))
      const [maxPacket, version] = rows[0] ?? []
      return createMysqlStore(session, Number(maxPacket), String(version))
    },
  }
  return createSqlDriver(database, context)
}

function toHosts({ hosts, options }: ConnectionUrl): readonly Host[] {
  const socket = options.get('unix_socket')
  return socket === undefined ? hosts : [{ host: socket, port: FORM.defaultPort }]
}

/**
 * Reads MySQL's `ssl_mode`, or the corresponding options of Python's clients. If none of these options is set, TLS is
 * tried first, and then a connection without TLS.
 */
function toConnectModes(url: ConnectionUrl): ConnectModes {
  const files = readTlsFiles(url, { ca: 'ssl_ca', cert: 'ssl_cert', key: 'ssl_key' })
  switch (readChoice(url, 'ssl_mode', SSL_MODES) ?? readImpliedMode(url)) {
    case 'DISABLED':
      return ['plain']
    case 'PREFERRED':
      return [{ ...files, verify: 'nothing' }, 'plain']
    case 'REQUIRED':
      return [{ ...files, verify: 'nothing' }]
    case 'VERIFY_CA':
      return [{ ...files, verify: 'authority' }]
    case 'VERIFY_IDENTITY':
      return [{ ...files, verify: 'name' }]
  }
}

function readImpliedMode(url: ConnectionUrl): (typeof SSL_MODES)[number] {
  const isOn = (name: string): boolean | undefined => readSwitch(url, name)
  const verifiesName = isOn('ssl_verify_identity') ?? isOn('ssl_check_hostname')
  const verifies = isOn('ssl_verify_cert') ?? url.options.has('ssl_ca')
  if (isOn('ssl_disabled') || isOn('ssl') === false) return 'DISABLED'
  if (verifiesName || (verifies && verifiesName === undefined)) return 'VERIFY_IDENTITY'
  if (verifies) return 'VERIFY_CA'
  return isOn('ssl') || url.options.has('ssl_key') ? 'REQUIRED' : 'PREFERRED'
}
