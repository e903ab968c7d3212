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
   * Whether to note failed traces separately, like OSProfiler's option `filter_error_trace`. The option affects only
   * stores whose layout has a list, index or collection for failed traces. Other stores find failed traces by their
   * records, and can always list them. Default: false.
   */
  readonly filterErrorTrace?: boolean | undefined
}

/**
 * Maps each scheme to the function that opens its driver. Client packages are looked up when a store is opened, and
 * loaded on first use.
 */
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

/** Advice for schemes that belong to other programs or to OSProfiler for Python. */
const SCHEME_ADVICE = new Map([
  ['amqp', 'Use "messaging://" for RabbitMQ.'],
  ['amqps', 'Use "messaging://" for RabbitMQ, with "?ssl=1" for TLS.'],
  ['http', 'Use "otlp://" for a collector, and "elasticsearch://" or "opensearch://" for a search engine.'],
  [
    'https',
    'Use "otlp+https://" for a collector, and "elasticsearch+https://" or "opensearch+https://" for a search engine.',
  ],
  ['jaeger', 'Use "otlp://" for Jaeger, which accepts OTLP on port 4318.'],
  ['jaeger+otlp', 'Use "otlp://" for Jaeger, which accepts OTLP on port 4318.'],
  ['jaeger+otlp+https', 'Use "otlp+https://" for Jaeger, which accepts OTLP on port 4318.'],
  ['rabbit', 'Use "messaging://" for RabbitMQ, or write this URL into OSPROFILER_TRANSPORT_URL.'],
  ['unix', 'Use "redis://": the driver connects to Redis only over TCP.'],
])

const CONNECTION_STRING = /^([a-z][a-z0-9+._-]{0,31}):\/\/(.*)$/is

/**
 * Opens the store that a connection string names. Returns immediately, because the driver connects on first use.
 *
 * @throws OsprofilerError `ERR_CONNECTION_STRING` (malformed), `ERR_UNKNOWN_DRIVER`, `ERR_MISSING_CLIENT` (a package is
 * not installed). Messages show only the scheme and the name of an unknown option, because any other part may contain a
 * password.
 * @example const driver = openDriver('sqlite:////var/lib/shop/traces.db')
 * profiler.setNotifier(profiler.createNotifier(driver))
 */
export function openDriver(connectionString: string, options: DriverOptions = {}): Driver {
  checkOptions('openDriver()', options, { filterErrorTrace: 'boolean' })
  return open(connectionString, { filterErrorTrace: options.filterErrorTrace ?? false })
}

/**
 * Throws the same error as `openDriver` for a connection string, but does not look for the store's client. An error
 * with a `cause` concerns something that the connection string refers to, such as a certificate file.
 */
export function checkConnectionString(connectionString: string): void {
  open(connectionString, { filterErrorTrace: false, checkOnly: true })
}

function open(connectionString: string, context: Omit<OpenContext, 'scheme' | 'lifetime'>): Driver {
  if (typeof connectionString !== 'string') {
    throw new TypeError(
      `A connection string must be a string, such as "sqlite://", and not a value of type ${typeof connectionString}.`,
    )
  }
  const [, scheme, location] = CONNECTION_STRING.exec(connectionString) ?? []
  if (scheme === undefined || location === undefined) {
    throw new OsprofilerError('ERR_CONNECTION_STRING', describeMissingScheme(connectionString))
  }
  const lowerCaseScheme = scheme.toLowerCase()
  const openStore = DRIVERS.get(lowerCaseScheme)
  if (openStore === undefined) {
    // The list of all schemes is shown only if there is no advice, because the right scheme is hard to find in a long
    // list.
    const advice = SCHEME_ADVICE.get(lowerCaseScheme) ?? `Known schemes: ${[...DRIVERS.keys()].join(', ')}.`
    throw new OsprofilerError('ERR_UNKNOWN_DRIVER', `No driver for "${scheme}://". ${advice}`)
  }
  const lifetime = createLifetime()
  return createDriver(openStore(location, { ...context, scheme: lowerCaseScheme, lifetime }), lifetime)
}

/**
 * Describes a connection string without "://". Python's OSProfiler accepts a scheme without "://", so the message shows
 * the scheme if the scheme is known. The message shows no other part of the string.
 */
function describeMissingScheme(connectionString: string): string {
  const rule = 'A connection string begins with a scheme and "://"'
  const firstWord = /^\s*([a-z0-9+._-]+)\s*(?:$|[:/?])/i.exec(connectionString)?.[1]?.toLowerCase()
  if (firstWord !== undefined && DRIVERS.has(firstWord)) return `${rule}: write "${firstWord}://", not "${firstWord}".`
  return `${rule}, such as "sqlite://"; this one does not, and is not shown because it may contain a password.`
}
