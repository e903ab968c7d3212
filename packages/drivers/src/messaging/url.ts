import { OsprofilerError } from '@osprofiler/core'
import { Error, Map, Number, Object, process } from '@osprofiler/core/toolkit'
import {
  type ConnectionUrl,
  createErrorFactory,
  parseConnectionUrl,
  splitWords,
  type UrlForm,
} from '../opening/connection-url.js'
import { readSwitch, readTlsFiles, readTtl, type TlsFiles, type UrlOptions } from '../opening/url-options.js'

/** The addresses of the brokers, and the properties with which oslo.messaging declares the exchange and the queue. */
export interface MessagingSettings {
  /** The brokers in the order in which they are tried. */
  readonly brokers: readonly Broker[]
  readonly vhost: string
  /** The certificate files for TLS. Undefined if TLS is not used. */
  readonly tls: TlsFiles | undefined
  readonly exchange: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly quorum: boolean
  /** The arguments with which oslo.messaging declares a queue for notifications. */
  readonly queueArguments: Readonly<Record<string, string | number>>
  /** How long the broker keeps a notification. Default: until a consumer takes it. */
  readonly ttlMs: number | undefined
}

/** One broker of a RabbitMQ cluster. As in oslo.messaging, each broker may have its own login. */
export interface Broker {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
}

const TRANSPORT_URL_VARIABLE = 'OSPROFILER_TRANSPORT_URL'
const TRANSPORT_URL = /^(rabbit|kombu|amqp|amqps):\/\/(.*)$/is

/**
 * Options of oslo.messaging that have no effect here. They are accepted, because services may share a transport URL
 * that contains them.
 */
const IGNORED_OPTIONS = splitWords(`
  conn_pool_min_size conn_pool_ttl direct_mandatory_flag enable_cancel_on_failover heartbeat_in_pthread
  heartbeat_rate heartbeat_timeout_threshold hostname kombu_compression kombu_failover_strategy
  kombu_missing_consumer_retry_timeout kombu_reconnect_delay kombu_reconnect_splay processname
  rabbit_interval_max rabbit_login_method rabbit_qos_prefetch_count rabbit_retry_backoff rabbit_retry_interval
  rabbit_stream_fanout rabbit_transient_queues_ttl rabbit_transient_quorum_queue rpc_conn_pool_size
  ssl_enforce_fips_mode ssl_enforce_hostname_verification ssl_version use_queue_manager
`)

/**
 * The options for the limits of a quorum queue, each with the queue argument that it sets. A limit of 0 means no limit.
 * oslo.messaging 14 misspells two of the options (`quroum`).
 */
const QUORUM_LIMITS = [
  ['rabbit_quorum_delivery_limit', 'x-delivery-limit'],
  ['rabbit_quorum_max_memory_length', 'x-max-in-memory-length'],
  ['rabbit_quroum_max_memory_length', 'x-max-in-memory-length'],
  ['rabbit_quorum_max_memory_bytes', 'x-max-in-memory-bytes'],
  ['rabbit_quroum_max_memory_bytes', 'x-max-in-memory-bytes'],
] as const

const TLS_FILE_OPTIONS = { ca: 'ssl_ca_file', cert: 'ssl_cert_file', key: 'ssl_key_file' }

const FORM: UrlForm = {
  example: 'messaging://user:password@host:5672/vhost',
  defaultPort: 5672,
  defaultHost: 'localhost',
  options: [
    'ssl',
    ...Object.values(TLS_FILE_OPTIONS),
    'control_exchange',
    'amqp_durable_queues',
    'amqp_auto_delete',
    'rabbit_ha_queues',
    'rabbit_quorum_queue',
    ...QUORUM_LIMITS.map(([option]) => option),
    'ttl',
    ...IGNORED_OPTIONS,
  ],
}

/**
 * Reads a `messaging://` connection string. If the string contains no hosts, the transport URL in
 * `OSPROFILER_TRANSPORT_URL` is used. Options in the string then override the options in the URL. Throws
 * `ERR_CONNECTION_STRING` if the string or the URL is invalid.
 */
export function readMessagingSettings(location: string): MessagingSettings {
  const isBare = /^(?:\/?\?|$)/.test(location)
  const [transport, rest] = isBare ? readTransportUrl() : ['rabbit', location]
  const isTls = transport === 'amqps'
  const form = isTls ? { ...FORM, defaultPort: 5671 } : FORM
  const urls = isBare ? readFromVariable(() => readUrls(rest, form)) : readUrls(rest, form)
  const [first] = urls
  const own = isBare ? parseConnectionUrl(location, FORM).options : []
  const options = new Map([...(first?.options ?? []), ...own])
  const given = { options, createError: createErrorFactory(FORM) }
  const isOn = (name: string): boolean => readSwitch(given, name) ?? false
  const quorum = isOn('rabbit_quorum_queue')
  return {
    brokers: urls.flatMap(({ hosts, username, password }) =>
      hosts.map(host => ({
        ...host,
        username: username ?? first?.username ?? 'guest',
        password: (username === undefined ? first?.password : password) ?? (first?.username ? '' : 'guest'),
      })),
    ),
    // As in oslo.messaging, both "/" and "//" refer to the default virtual host.
    vhost: first?.path || '/',
    tls: isTls || isOn('ssl') ? readTlsFiles(given, TLS_FILE_OPTIONS) : undefined,
    exchange: options.get('control_exchange') || 'openstack',
    durable: quorum || isOn('amqp_durable_queues'),
    autoDelete: isOn('amqp_auto_delete'),
    quorum,
    queueArguments: {
      ...(isOn('rabbit_ha_queues') && { 'x-ha-policy': 'all' }),
      ...readQuorumArguments(given, quorum),
    },
    ttlMs: readTtl(options.get('ttl')),
  }
}

/**
 * Runs `read`, which reads the transport URL of the environment variable. An error gets a `cause`, which distinguishes
 * it from an error in the connection string.
 */
function readFromVariable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new OsprofilerError('ERR_CONNECTION_STRING', `${TRANSPORT_URL_VARIABLE}: ${(cause as Error).message}`, {
      cause,
    })
  }
}

function readTransportUrl(): readonly [transport: string, rest: string] {
  const url = process.env[TRANSPORT_URL_VARIABLE]
  if (!url) {
    throw new OsprofilerError(
      'ERR_CONNECTION_STRING',
      `messaging:// names no broker. Write ${FORM.example}, or set ${TRANSPORT_URL_VARIABLE} (rabbit://user:password@host:5672/vhost).`,
      { cause: new Error(`${TRANSPORT_URL_VARIABLE} is not set`) },
    )
  }
  const [, transport, rest] = TRANSPORT_URL.exec(url) ?? []
  if (transport === undefined || rest === undefined) {
    throw new OsprofilerError(
      'ERR_CONNECTION_STRING',
      `${TRANSPORT_URL_VARIABLE} must be a rabbit://, amqp:// or amqps:// URL, because other transports have no driver. It is not shown because it may contain a password.`,
      { cause: new Error(`${TRANSPORT_URL_VARIABLE} has another form`) },
    )
  }
  return [transport.toLowerCase(), rest]
}

/**
 * Reads the hosts of a transport URL. Each host may have its own credentials. Hosts without credentials use the
 * credentials of the first host.
 */
function readUrls(location: string, form: UrlForm): ConnectionUrl[] {
  const [, hosts = '', rest = ''] = /^([^/?#]*)(.*)$/s.exec(location) ?? []
  return hosts.split(',').map(host => parseConnectionUrl(host + rest, form))
}

function readQuorumArguments({ options, createError }: UrlOptions, quorum: boolean): Record<string, string | number> {
  if (!quorum) return {}
  const limits = QUORUM_LIMITS.flatMap(([option, argument]): [string, number][] => {
    const text = options.get(option) ?? '0'
    if (!/^\d{1,15}$/.test(text)) throw createError(`${option} must be a whole number`)
    return Number(text) === 0 ? [] : [[argument, Number(text)]]
  })
  return { 'x-queue-type': 'quorum', ...Object.fromEntries(limits) }
}
