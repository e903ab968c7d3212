import { type Driver, OsprofilerError } from '@osprofiler/core'
import { checkOptions, Map, TypeError } from '@osprofiler/core/toolkit'
import { createDriver } from './calls/create-driver.js'
import { openCeilometerDriver } from './ceilometer/driver.js'
import { openFileDriver } from './file/driver.js'
import { createLifetime } from './lifetime/driver-lifetime.js'
import { openLoginsightDriver } from './loginsight/driver.js'
import { openMemoryDriver } from './memory.js'
import { openMessagingDriver } from './messaging/driver.js'
import { openMongodbDriver } from './mongodb/driver.js'
import { MYSQL_SCHEMES, openMysqlDriver } from './mysql/driver.js'
import type { OpenContext, OpenStore } from './opening/store-driver.js'
import { openOtlpDriver } from './otlp/driver.js'
import { openPostgresqlDriver, POSTGRESQL_SCHEMES } from './postgresql/driver.js'
import { openRedisDriver } from './redis/driver.js'
import { openElasticsearchDriver } from './search/elasticsearch.js'
import { openOpensearchDriver } from './search/opensearch.js'
import { openSqliteDriver } from './sqlite/driver.js'

/** Options that apply to every store. */
export interface DriverOptions {
  /**
   * Whether a store whose layout has a separate place for failed traces fills that place, like OSProfiler's
   * `filter_error_trace`. Stores that find failed traces by their records always list them. Default: false.
   */
  readonly filterErrorTrace?: boolean | undefined
}

/** The driver of each scheme. Packages are looked up when a store is opened, and loaded on first use. */
const DRIVERS = new Map<string, OpenStore>([
  ['ceilometer', openCeilometerDriver],
  ['ceilometer+https', openCeilometerDriver],
  ['elasticsearch', openElasticsearchDriver],
  ['elasticsearch+https', openElasticsearchDriver],
  ['file', openFileDriver],
  ['loginsight', openLoginsightDriver],
  ['memory', openMemoryDriver],
  ['messaging', openMessagingDriver],
  ['mongodb', openMongodbDriver],
  ['mongodb+srv', openMongodbDriver],
  ...MYSQL_SCHEMES.map((scheme): [string, OpenStore] => [scheme, openMysqlDriver]),
  ['opensearch', openOpensearchDriver],
  ['opensearch+https', openOpensearchDriver],
  ['otlp', openOtlpDriver],
  ['otlp+https', openOtlpDriver],
  ...POSTGRESQL_SCHEMES.map((scheme): [string, OpenStore] => [scheme, openPostgresqlDriver]),
  ['redis', openRedisDriver],
  ['rediss', openRedisDriver],
  ['redissentinel', openRedisDriver],
  ['redissentinels', openRedisDriver],
  ['sqlite', openSqliteDriver],
  ['valkey', openRedisDriver],
  ['valkeys', openRedisDriver],
])

/** Advice for schemes that other programs or OSProfiler in Python know. */
const INSTEAD = new Map([
  ['amqp', 'RabbitMQ is "messaging://".'],
  ['amqps', 'RabbitMQ is "messaging://", with "?ssl=1" for TLS.'],
  ['http', 'A collector is "otlp://", a search engine "elasticsearch://" or "opensearch://".'],
  ['https', 'A collector is "otlp+https://", a search engine "elasticsearch+https://" or "opensearch+https://".'],
  ['jaeger', 'Jaeger takes what "otlp://" sends, on its port 4318.'],
  ['jaeger+otlp', 'Jaeger takes what "otlp://" sends, on its port 4318.'],
  ['jaeger+otlp+https', 'Jaeger takes what "otlp+https://" sends, on its port 4318.'],
  ['rabbit', 'RabbitMQ is "messaging://"; such a URL is for OSPROFILER_TRANSPORT_URL.'],
  ['unix', 'Redis is reached by TCP, as "redis://".'],
])

const CONNECTION_STRING = /^([a-z][a-z0-9+._-]{0,31}):\/\/(.*)$/is

/**
 * Opens the store that a connection string names. Returns at once and connects on first use.
 *
 * @throws OsprofilerError `ERR_CONNECTION_STRING` (malformed), `ERR_UNKNOWN_DRIVER`, `ERR_MISSING_CLIENT` (a package is
 * not installed). Messages show only the scheme and an unknown option's name: a password may stand anywhere else.
 * @example
 * const driver = openDriver('sqlite:////var/lib/shop/traces.db')
 * profiler.setNotifier(profiler.createNotifier(driver))
 */
export function openDriver(connectionString: string, options: DriverOptions = {}): Driver {
  checkOptions('openDriver()', options, { filterErrorTrace: 'boolean' })
  return open(connectionString, { filterErrorTrace: options.filterErrorTrace ?? false })
}

/**
 * Throws what `openDriver` would throw for a connection string, without looking for the store's client. An error with a
 * `cause` is about something that the string refers to, such as a certificate file.
 */
export function checkConnectionString(connectionString: string): void {
  open(connectionString, { filterErrorTrace: false, checkOnly: true })
}

function open(connectionString: string, context: Omit<OpenContext, 'scheme' | 'lifetime'>): Driver {
  if (typeof connectionString !== 'string') {
    throw new TypeError(
      `A connection string is a string, such as "sqlite://"; this is a value of type ${typeof connectionString}.`,
    )
  }
  const [, scheme, location] = CONNECTION_STRING.exec(connectionString) ?? []
  if (scheme === undefined || location === undefined) {
    throw new OsprofilerError('ERR_CONNECTION_STRING', describeStart(connectionString))
  }
  const knownScheme = scheme.toLowerCase()
  const openStore = DRIVERS.get(knownScheme)
  if (openStore === undefined) {
    // A list of all schemes would hide the right one.
    const advice = INSTEAD.get(knownScheme) ?? `Known schemes: ${[...DRIVERS.keys()].join(', ')}.`
    throw new OsprofilerError('ERR_UNKNOWN_DRIVER', `No driver for "${scheme}://". ${advice}`)
  }
  const lifetime = createLifetime()
  return createDriver(openStore(location, { ...context, scheme: knownScheme, lifetime }), lifetime)
}

/** Shows nothing but a known scheme. Python's OSProfiler adds "://" to a lone scheme by itself. */
function describeStart(connectionString: string): string {
  const begins = 'A connection string begins with a scheme and "://"'
  const word = /^\s*([a-z0-9+._-]+)\s*(?:$|[:/?])/i.exec(connectionString)?.[1]?.toLowerCase()
  if (word !== undefined && DRIVERS.has(word)) return `${begins}: write "${word}://", not "${word}".`
  return `${begins}, such as "sqlite://"; this one does not, and is not shown because it may hold a password.`
}
