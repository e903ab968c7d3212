import { OsprofilerError } from '@osprofiler/core'
import { Buffer, Number, process, URL } from '@osprofiler/core/toolkit'
import { readCertificateFile } from '../../opening/certificate-file.js'
import {
  type ConnectionUrl,
  type CreateUrlError,
  parseConnectionUrl,
  showHost,
  type UrlForm,
} from '../../opening/connection-url.js'
import type { OpenContext } from '../../opening/store-driver.js'
import { readChoice, readFileOption, readOnlyHost, readSeconds, type TlsFiles } from '../../opening/url-options.js'
import { isServiceTemplate, type OtlpResource, readResource } from './resource.js'

/** Settings for one collector, from the connection string and OpenTelemetry's environment variables. */
export interface OtlpSettings {
  /** URL of the endpoint for traces, without credentials. */
  readonly url: string
  readonly protocol: 'http/protobuf' | 'http/json'
  /** Headers to add to those that the exporter itself reads from the environment. */
  readonly headers: Readonly<Record<string, string>>
  /** Time limit for one request, in milliseconds. */
  readonly timeoutMs: number
  /** The compression from the connection string. If it is undefined, the environment variables decide. */
  readonly compression: 'gzip' | 'none' | undefined
  readonly tls: TlsFiles
  readonly resource: OtlpResource
  /** After all ancestors of an open point have stopped, how long to wait for the stop of the point, in milliseconds. */
  readonly lingerMs: number
}

const TRACES_PATH = '/v1/traces'
const LINGER_MS = 5_000
const TIMEOUT_MS = 10_000
const MAX_TIMEOUT_MS = 86_400_000

const FORM: UrlForm = {
  example: 'otlp://collector:4318',
  defaultPort: 4318,
  defaultHost: 'localhost',
  options: ['protocol', 'timeout', 'compression', 'certificate', 'service', 'linger'],
}

/**
 * Reads an `otlp://` connection string. Settings that the string does not contain are read from OpenTelemetry's
 * environment variables.
 *
 * @throws OsprofilerError `ERR_CONNECTION_STRING`; `ERR_CONFIGURATION` for an invalid environment variable
 */
export function readOtlpSettings(location: string, { scheme }: OpenContext): OtlpSettings {
  const parsed = parseConnectionUrl(location, FORM)
  const { username, password, path, options, createError } = parsed
  const host = readOnlyHost(parsed)
  const service = options.get('service')
  if (service !== undefined && !isServiceTemplate(service)) {
    throw createError('service may have no placeholders other than {project} and {service}')
  }
  const transport = scheme === 'otlp+https' ? 'https' : 'http'
  const own = toTracesUrl(`${transport}://${showHost(host)}/${path}`)
  if (own === undefined) throw createError('its host cannot be understood')
  // The endpoint from the environment is used only if the connection string contains no host.
  const url = /^(\?|$)/.test(location) ? (readEndpoint(transport) ?? own) : own
  const credentials = username === undefined ? undefined : `${username}:${password ?? ''}`
  return {
    url: url.href,
    protocol: readProtocol(options.get('protocol'), createError),
    headers: credentials === undefined ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    timeoutMs: readSeconds(parsed, 'timeout') ?? readTimeout(),
    compression: readChoice(parsed, 'compression', ['gzip', 'none']),
    tls: readTls(parsed),
    resource: readResource(service),
    lingerMs: readSeconds(parsed, 'linger') ?? LINGER_MS,
  }
}

/**
 * Adds the path for traces to the URL of an endpoint for all signals (traces, metrics, logs), unless the URL already
 * has this path. Python's driver always adds the path.
 */
function toTracesUrl(base: string): URL | undefined {
  const url = URL.canParse(base) ? new URL(base) : undefined
  if (url === undefined) return undefined
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
    throw createVariableError('ENDPOINT', 'must be an http or https URL, such as http://collector:4318')
  }
  if (transport === 'https' && url.protocol !== 'https:') {
    throw createVariableError('ENDPOINT', 'is an http URL, but otlp+https:// requires https')
  }
  // A URL with credentials is rejected, because messages may show the URL. Credentials must be in a header.
  if (url.username !== '' || url.password !== '') {
    throw createVariableError(
      'ENDPOINT',
      'must not contain a user or password; put them into OTEL_EXPORTER_OTLP_HEADERS',
    )
  }
  return own === undefined ? toTracesUrl(url.href) : url
}

function readProtocol(option: string | undefined, createError: CreateUrlError): OtlpSettings['protocol'] {
  const protocol = option ?? readVariable('TRACES_PROTOCOL') ?? readVariable('PROTOCOL') ?? 'http/protobuf'
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol
  const message = 'must be http/protobuf or http/json; collectors accept both on port 4318, and gRPC on port 4317'
  throw option === undefined ? createVariableError('PROTOCOL', message) : createError(`its protocol ${message}`)
}

function readTimeout(): number {
  const text = readVariable('TRACES_TIMEOUT') ?? readVariable('TIMEOUT')
  const milliseconds = text === undefined ? TIMEOUT_MS : Number(text)
  if (milliseconds > 0 && milliseconds <= MAX_TIMEOUT_MS) return milliseconds
  throw createVariableError('TIMEOUT', 'must be a number of milliseconds')
}

function readTls(parsed: ConnectionUrl): TlsFiles {
  const own = readFileOption(parsed, 'certificate')
  // The certificate file in the environment is checked even if the option `certificate` names another file. The
  // exporter reads this file in any case, and would hang on an endless file, such as a device.
  const common = readCertificate('CERTIFICATE')
  const ca = own ?? common
  const cert = readCertificate('CLIENT_CERTIFICATE')
  const key = readCertificate('CLIENT_KEY')
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

function readCertificate(name: string): Buffer | undefined {
  const path = readVariable(`TRACES_${name}`) ?? readVariable(name)
  if (path === undefined) return undefined
  try {
    return readCertificateFile(path)
  } catch (cause) {
    throw createVariableError(name, `names a file that cannot be read (${(cause as Error).message})`)
  }
}

/** Reads an environment variable. As in OpenTelemetry, an empty variable counts as unset. */
function readVariable(name: string): string | undefined {
  return process.env[`OTEL_EXPORTER_OTLP_${name}`]?.trim() || undefined
}

function createVariableError(name: string, message: string): OsprofilerError {
  return new OsprofilerError('ERR_CONFIGURATION', `OTEL_EXPORTER_OTLP_${name} (or its TRACES form) ${message}.`)
}
