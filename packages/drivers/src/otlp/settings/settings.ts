import { OsprofilerError } from '@osprofiler/core'
import { Buffer, Number, process, String, URL } from '@osprofiler/core/toolkit'
import { readCertificateFile } from '../../opening/certificate-file.js'
import { parseConnectionUrl, showHost, type UrlForm } from '../../opening/connection-url.js'
import type { OpenContext } from '../../opening/open-context.js'
import { isServiceTemplate, type OtlpResource, readResource } from './resource.js'

/** Where spans go, and how. */
export interface OtlpSettings {
  /** Of the traces' endpoint, without credentials. */
  readonly url: string
  readonly protocol: 'http/protobuf' | 'http/json'
  /** Beside those that the exporter reads of the environment itself. */
  readonly headers: Readonly<Record<string, string>>
  /** For one request, in milliseconds. */
  readonly timeoutMs: number
  /** Undefined where the environment has its say. */
  readonly compression: 'gzip' | 'none' | undefined
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }
  readonly resource: OtlpResource
  /** How long a point that is open when its trace closes is waited for, in milliseconds. */
  readonly lingerMs: number
}

const TRACES_PATH = '/v1/traces'
const DEFAULT_LINGER_S = 5
const DEFAULT_TIMEOUT_MS = 10_000
const MAX_SECONDS = 86_400

const FORM: UrlForm = {
  example: 'otlp://collector:4318',
  defaultPort: 4318,
  defaultHost: 'localhost',
  options: ['protocol', 'timeout', 'compression', 'certificate', 'service', 'linger'],
}

/**
 * Reads an `otlp://` connection string, and what it leaves open of OpenTelemetry's environment.
 *
 * @throws OsprofilerError `ERR_CONNECTION_STRING`; `ERR_CONFIGURATION` for a variable that cannot be understood
 */
export function readOtlpSettings(location: string, { scheme }: OpenContext): OtlpSettings {
  const { username, password, hosts, path, options } = parseConnectionUrl(location, FORM)
  const [host] = hosts
  if (host === undefined || hosts.length > 1) throw refuse('it names one host')
  const transport = scheme === 'otlp+https' ? 'https' : 'http'
  const base = `${transport}://${showHost(host)}/${path}`
  // Only where the string names no host at all has the environment a say in where.
  const url = /^(\?|$)/.test(location) ? (readEndpoint(transport) ?? toTracesUrl(base)) : toTracesUrl(base)
  const credentials = username === undefined ? undefined : `${username}:${password ?? ''}`
  return {
    url: url.href,
    protocol: readProtocol(options.get('protocol')),
    headers: credentials === undefined ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    timeoutMs: readTimeout(options.get('timeout')),
    compression: readCompression(options.get('compression')),
    tls: readTls(options.get('certificate')),
    resource: readResource(readService(options.get('service'))),
    lingerMs: readSeconds('linger', options.get('linger') ?? String(DEFAULT_LINGER_S)),
  }
}

/** An endpoint for all signals has the path of the traces added; Python's driver adds it always. */
function toTracesUrl(base: string): URL {
  const url = URL.canParse(base) ? new URL(base) : undefined
  if (url === undefined) throw refuse('its host cannot be understood')
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = path.endsWith(TRACES_PATH) ? path : `${path}${TRACES_PATH}`
  return url
}

function readEndpoint(transport: string): URL | undefined {
  const own = readVariable('TRACES_ENDPOINT')
  const common = readVariable('ENDPOINT')
  const text = own ?? common
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw misconfigured('ENDPOINT', 'is a URL of http or https, such as http://collector:4318')
  }
  if (transport === 'https' && url.protocol !== 'https:') {
    throw misconfigured('ENDPOINT', 'is a URL of http, and otlp+https:// asks for https')
  }
  // Credentials of a URL would reach the messages of whatever handles it; they belong into a header.
  if (url.username !== '' || url.password !== '') {
    throw misconfigured('ENDPOINT', 'may hold no user and password; give them in OTEL_EXPORTER_OTLP_HEADERS')
  }
  return own === undefined ? toTracesUrl(url.href) : url
}

function readProtocol(option: string | undefined): OtlpSettings['protocol'] {
  const protocol = option ?? readVariable('TRACES_PROTOCOL') ?? readVariable('PROTOCOL') ?? 'http/protobuf'
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol
  const message = 'is http/protobuf or http/json; collectors take these on port 4318, beside gRPC on 4317'
  throw option === undefined ? misconfigured('PROTOCOL', message) : refuse(`its protocol ${message}`)
}

function readTimeout(option: string | undefined): number {
  if (option !== undefined) return readSeconds('timeout', option)
  const text = readVariable('TRACES_TIMEOUT') ?? readVariable('TIMEOUT')
  const milliseconds = text === undefined ? DEFAULT_TIMEOUT_MS : Number(text)
  if (milliseconds > 0 && milliseconds <= MAX_SECONDS * 1000) return milliseconds
  throw misconfigured('TIMEOUT', 'is a number of milliseconds')
}

function readSeconds(name: string, text: string): number {
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds * 1000
  throw refuse(`its ${name} is a number of seconds, such as 10 or 0.5`)
}

function readCompression(option: string | undefined): OtlpSettings['compression'] {
  if (option === undefined || option === 'gzip' || option === 'none') return option
  throw refuse('its compression is gzip or none')
}

function readService(option: string | undefined): string | undefined {
  if (option === undefined || isServiceTemplate(option)) return option
  throw refuse('of its service, only {project} and {service} are replaced')
}

function readTls(authority: string | undefined): OtlpSettings['tls'] {
  const ca = readCertificate('CERTIFICATE', authority)
  const cert = readCertificate('CLIENT_CERTIFICATE', undefined)
  const key = readCertificate('CLIENT_KEY', undefined)
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

function readCertificate(name: string, option: string | undefined): Buffer | undefined {
  const path = readVariable(`TRACES_${name}`) ?? readVariable(name)
  if (option === undefined)
    return path === undefined ? undefined : readFile(path, reason => misconfigured(name, reason))
  const own = readFile(option, (reason, cause) => refuse(`its certificate ${reason}`, { cause }))
  // The exporter reads the file of the variable in any case, and would wait for one that has no end.
  if (path !== undefined) readFile(path, reason => misconfigured(name, reason))
  return own
}

function readFile(path: string, toError: (reason: string, cause: unknown) => OsprofilerError): Buffer {
  try {
    return readCertificateFile(path)
  } catch (cause) {
    throw toError(`names a file that cannot be read (${(cause as Error).message})`, cause)
  }
}

/** An empty variable counts as none, as OpenTelemetry has it. */
function readVariable(name: string): string | undefined {
  return process.env[`OTEL_EXPORTER_OTLP_${name}`]?.trim() || undefined
}

function refuse(reason: string, options?: ErrorOptions): OsprofilerError {
  return new OsprofilerError(
    'ERR_CONNECTION_STRING',
    `Such a connection string looks like "${FORM.example}": ${reason}. It is not shown, for it may hold a password.`,
    options,
  )
}

function misconfigured(name: string, message: string): OsprofilerError {
  return new OsprofilerError('ERR_CONFIGURATION', `OTEL_EXPORTER_OTLP_${name} (or its TRACES form) ${message}.`)
}
