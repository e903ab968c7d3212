import { Number, Object } from '@osprofiler/core/toolkit'
import type { MongoClientOptions } from 'mongodb'
import { parseConnectionUrl, showHost, showHosts, splitWords } from '../opening/connection-url.js'
import { readFileOption, readTtl } from '../opening/url-options.js'

/** The address and the options of a MongoDB store, in the form that MongoDB's client expects. */
export interface MongodbUrl {
  /** The complete URL, including the password. */
  readonly url: string
  readonly location: string
  /** Default values for options that the connection string does not set. */
  readonly defaults: MongoClientOptions
  /** How long the client waits for a server to become available, in milliseconds. */
  readonly selectionMs: number
  readonly ttl: number | undefined
}

/** The connection string options that are documented in MongoDB's manual. */
const CLIENT_OPTIONS = splitWords(`
  appName authMechanism authMechanismProperties authSource compressors connectTimeoutMS directConnection
  heartbeatFrequencyMS journal loadBalanced localThresholdMS maxConnecting maxIdleTimeMS maxPoolSize
  maxStalenessSeconds minPoolSize proxyHost proxyPassword proxyPort proxyUsername readConcernLevel
  readPreference readPreferenceTags replicaSet retryReads retryWrites serverMonitoringMode
  serverSelectionTimeoutMS socketTimeoutMS srvMaxHosts srvServiceName ssl timeoutMS tls
  tlsAllowInvalidCertificates tlsAllowInvalidHostnames tlsCAFile tlsCertificateKeyFile
  tlsCertificateKeyFilePassword tlsInsecure w waitQueueTimeoutMS wtimeoutMS zlibCompressionLevel
`)

/**
 * The options that name files. The driver reads and checks these files first. The client reads them only when it
 * connects, and would hang on an endless file, such as a device.
 */
const FILE_OPTIONS = ['tlsCAFile', 'tlsCertificateKeyFile']

/**
 * The driver's own defaults. The client would wait 30 s for a server and keep 100 connections. The driver needs less,
 * because it writes one batch at a time and retries failed batches.
 */
const DEFAULTS = { appName: 'osprofiler', serverSelectionTimeoutMS: 5_000, connectTimeoutMS: 5_000, maxPoolSize: 5 }

/** Matches a connection string in which the last host has a port. Does not match a colon inside a password. */
const PORT_AFTER_HOST = /^[^/?]*:\d*(?:[/?]|$)/

/**
 * Reads the part of a connection string after `mongodb://` or `mongodb+srv://`. Throws `ERR_CONNECTION_STRING` for
 * mistakes that the client would report only later.
 */
export function readMongodbUrl(scheme: string, location: string): MongodbUrl {
  const example = `${scheme}://user:password@host${scheme === 'mongodb' ? ':27017' : ''}/?authSource=admin`
  const parsed = parseConnectionUrl(location, {
    example,
    defaultPort: 27_017,
    options: [...CLIENT_OPTIONS, 'ttl'],
  })
  const { hosts, options, createError } = parsed
  if (scheme === 'mongodb+srv' && (hosts.length > 1 || PORT_AFTER_HOST.test(location)))
    throw createError('it must have one host name without a port')
  for (const name of FILE_OPTIONS) readFileOption(parsed, name)
  return {
    url: `${scheme}://${removeTtl(location)}`,
    location: showHosts(hosts, host => (scheme === 'mongodb' ? showHost(host) : host.host)),
    defaults: Object.fromEntries(Object.entries(DEFAULTS).filter(([name]) => !options.has(name))),
    // The client itself rejects a value that is not a number.
    selectionMs: Number(options.get('serverSelectionTimeoutMS')) || DEFAULTS.serverSelectionTimeoutMS,
    ttl: readTtl(options.get('ttl')),
  }
}

/**
 * Removes the driver's own option `ttl`, which the client does not know. Adds the slash between hosts and options,
 * which the client requires.
 */
function removeTtl(location: string): string {
  const [place = '', query = ''] = location.split('?', 2)
  const rest = query.split('&').filter(option => option !== '' && !option.startsWith('ttl='))
  const slash = place.slice(place.lastIndexOf('@') + 1).includes('/') ? '' : '/'
  return `${place}${slash}${rest.length > 0 ? `?${rest.join('&')}` : ''}`
}
