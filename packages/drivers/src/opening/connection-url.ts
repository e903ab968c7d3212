import { OsprofilerError } from '@osprofiler/core'
import { decodeURIComponent, Map, Number } from '@osprofiler/core/toolkit'

/** The decoded parts of a connection string, without its `scheme://`. */
export interface ConnectionUrl {
  readonly username: string | undefined
  readonly password: string | undefined
  /** One or more hosts. An IPv6 address has no brackets. */
  readonly hosts: readonly Host[]
  /** The part after the first slash, or `''`. */
  readonly path: string
  readonly options: ReadonlyMap<string, string>
  readonly createError: CreateUrlError
}

/**
 * Creates the error for an invalid connection string. `reason` is a clause, such as `a port must be a number from 1 to
 * 65535`.
 */
export type CreateUrlError = (reason: string, options?: ErrorOptions) => OsprofilerError

/** One server. `host` is a name, an IP address without brackets or, for SQL, the path of a socket. */
export interface Host {
  readonly host: string
  readonly port: number
}

/** Formats an address for messages and for URLs: `host:port`, with an IPv6 address in brackets. */
export function showHost({ host, port }: Host): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Formats addresses for messages. If there are many addresses, only the first ones are shown. */
export function showHosts(hosts: readonly Host[], show = showHost): string {
  const more = hosts.length - MAX_SHOWN_HOSTS
  return `${hosts.slice(0, MAX_SHOWN_HOSTS).map(show).join(',')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The format of a scheme's connection strings. */
export interface UrlForm {
  /** An example that error messages show instead of the string, such as `redis://user:password@host:6379/0`. */
  readonly example: string
  readonly defaultPort: number
  readonly options: readonly string[]
  /** The options that may be given several times. Their values are joined with commas. */
  readonly listOptions?: readonly string[]
  /** Options that are ignored. They are for other clients that use the same connection string. */
  readonly ignoredOptions?: readonly string[]
  /** The host to use if the string contains no host. Without a default, a host is required. */
  readonly defaultHost?: string
}

/** Splits a list of names at whitespace. */
export function splitWords(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}

/**
 * Matches the parts of a connection string. Credentials appear once, before all hosts. A password may contain any
 * character except "/", "?" and "#".
 */
const URL_PARTS = /^(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/
const HOST_AND_PORT = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^\s[\]:"'<>\\^`{|}]*))(?::(\d{1,5}))?$/i

const MAX_HOST_CHARACTERS = 255
const MAX_PATH_CHARACTERS = 1_024
const MAX_SHOWN_HOSTS = 5

/**
 * Parses the part of a connection string after `scheme://`, such as
 * `user:password@host:port,host:port/path?option=value`. The message of an `ERR_CONNECTION_STRING` error shows no part
 * of the string except the name of an unknown option.
 */
export function parseConnectionUrl(location: string, form: UrlForm): ConnectionUrl {
  const [, credentials, hosts, path = '', query = ''] =
    URL_PARTS.exec(location) ?? fail(form, 'it cannot be understood')
  const [username, password] = readCredentials(credentials, form)
  const decodedPath = decode(path, form)
  if (decodedPath.length > MAX_PATH_CHARACTERS) fail(form, `its path is longer than ${MAX_PATH_CHARACTERS} characters`)
  return {
    username,
    password,
    hosts: (hosts ?? '').split(',').map(host => readHost(host, form)),
    path: decodedPath,
    options: readOptions(query, form),
    createError: createErrorFactory(form),
  }
}

function readCredentials(credentials: string | undefined, form: UrlForm): readonly (string | undefined)[] {
  if (credentials === undefined) return []
  const colon = credentials.indexOf(':')
  const username = colon < 0 ? credentials : credentials.slice(0, colon)
  const password = colon < 0 ? undefined : decode(credentials.slice(colon + 1), form)
  return [username === '' ? undefined : decode(username, form), password]
}

function readHost(text: string, form: UrlForm): Host {
  const [, address, name = '', port] = HOST_AND_PORT.exec(text) ?? fail(form, 'a host in it cannot be understood')
  const host = address ?? (decode(name, form) || form.defaultHost || fail(form, 'it names no host'))
  // Messages show hosts, so a host must not contain credentials. If the "@" is percent-encoded
  // (`user%3Apassword%40host`), the credentials are a part of the host, and the string is refused.
  if (host.includes('@')) fail(form, 'a host in it cannot be understood')
  // A longer host name cannot be valid, and would make warnings too long.
  if (host.length > MAX_HOST_CHARACTERS) fail(form, `a host in it is longer than ${MAX_HOST_CHARACTERS} characters`)
  const number = port === undefined ? form.defaultPort : Number(port)
  if (number < 1 || number > 65_535) fail(form, 'a port must be a number from 1 to 65535')
  return { host, port: number }
}

function readOptions(query: string, form: UrlForm): Map<string, string> {
  const options = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const [name = '', ...value] = pair.split('=')
    const decoded = decode(name, form)
    if (form.ignoredOptions?.includes(decoded)) continue
    if (!form.options.includes(decoded)) {
      const shown = /^\w{1,40}$/.test(decoded) ? `no option "${decoded}"` : 'no such option'
      fail(form, `there is ${shown}; known options: ${form.options.join(', ') || 'none'}`)
    }
    const before = options.get(decoded)
    if (before !== undefined && !form.listOptions?.includes(decoded)) fail(form, `it gives ${decoded} twice`)
    const text = decode(value.join('='), form)
    options.set(decoded, before === undefined ? text : `${before},${text}`)
  }
  return options
}

function decode(text: string, form: UrlForm): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return fail(form, 'a "%" in it is not followed by two hexadecimal digits; write a "%" as "%25"')
  }
}

/** Returns a function that creates errors for a connection string. Their messages show no part of the string itself. */
export function createErrorFactory({ example }: Pick<UrlForm, 'example'>): CreateUrlError {
  return (reason, options) =>
    new OsprofilerError(
      'ERR_CONNECTION_STRING',
      `The connection string is invalid: ${reason}. Its form is "${example}". It is not shown because it may contain a password.`,
      options,
    )
}

function fail(form: UrlForm, reason: string): never {
  throw createErrorFactory(form)(reason)
}
