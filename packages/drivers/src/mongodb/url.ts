import { Object } from '@osprofiler/core/toolkit'
import type { MongoClientOptions } from 'mongodb'
import { parseConnectionUrl, showHost, showHosts, words } from '../opening/connection-url.js'
import { readFileOption, readTtl } from '../opening/url-options.js'

/** Where a MongoDB is, in the form that its client wants. */
export interface MongodbUrl {
  /** Holds the password. */
  readonly url: string
  /** For people. */
  readonly location: string
  /** What the string does not settle itself. */
  readonly defaults: MongoClientOptions
  /** See `readTtl`. */
  readonly ttl: number | undefined
}

/** MongoDB's own options, as its manual spells them. */
const CLIENT_OPTIONS = words(`
  appName authMechanism authMechanismProperties authSource compressors connectTimeoutMS directConnection
  heartbeatFrequencyMS journal loadBalanced localThresholdMS maxConnecting maxIdleTimeMS maxPoolSize
  maxStalenessSeconds minPoolSize proxyHost proxyPassword proxyPort proxyUsername readConcernLevel
  readPreference readPreferenceTags replicaSet retryReads retryWrites serverMonitoringMode
  serverSelectionTimeoutMS socketTimeoutMS srvMaxHosts srvServiceName ssl timeoutMS tls
  tlsAllowInvalidCertificates tlsAllowInvalidHostnames tlsCAFile tlsCertificateKeyFile
  tlsCertificateKeyFilePassword tlsInsecure w waitQueueTimeoutMS wtimeoutMS zlibCompressionLevel
`)

/** The client reads these files when it connects, and would wait for one that has no end. */
const FILE_OPTIONS = ['tlsCAFile', 'tlsCertificateKeyFile']

/**
 * The client would wait for half a minute for a server that is down, and keep a hundred connections; we write one
 * batch at a time, and try again.
 */
const DEFAULTS = { appName: 'osprofiler', serverSelectionTimeoutMS: 5_000, connectTimeoutMS: 5_000, maxPoolSize: 5 }

/** Behind a host, and not in a password. */
const PORT = /^[^/?]*:\d*(?:[/?]|$)/

/** Reads what follows `mongodb://` or `mongodb+srv://`. The client reads it too, later: here mistakes are found. */
export function readMongodbUrl(scheme: string, location: string): MongodbUrl {
  const example = `${scheme}://user:password@host${scheme === 'mongodb' ? ':27017' : ''}/?authSource=admin`
  const parsed = parseConnectionUrl(location, {
    example,
    defaultPort: 27_017,
    options: [...CLIENT_OPTIONS, 'ttl'],
  })
  const { hosts, options, refuse } = parsed
  if (scheme === 'mongodb+srv' && (hosts.length > 1 || PORT.test(location))) throw refuse('one name, without a port')
  for (const name of FILE_OPTIONS) readFileOption(parsed, name)
  return {
    url: `${scheme}://${withoutTtl(location)}`,
    location: showHosts(hosts, host => (scheme === 'mongodb' ? showHost(host) : host.host)),
    defaults: Object.fromEntries(Object.entries(DEFAULTS).filter(([name]) => !options.has(name))),
    ttl: readTtl(options.get('ttl')),
  }
}

/** Our own option, which the client does not know. It wants a slash between the hosts and its options. */
function withoutTtl(location: string): string {
  const [place = '', query = ''] = location.split('?', 2)
  const rest = query.split('&').filter(option => option !== '' && !option.startsWith('ttl='))
  const slash = place.slice(place.lastIndexOf('@') + 1).includes('/') ? '' : '/'
  return `${place}${slash}${rest.length > 0 ? `?${rest.join('&')}` : ''}`
}
