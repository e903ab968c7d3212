import { printRemarks } from '../output/print-remarks.js'
import { createRequestError } from './create-request-error.js'
import { type BodyPart, type RequestBody, readBody } from './request-body.js'
import { type HeaderLine, joinHeaders } from './request-headers.js'
import { readUrl } from './request-url.js'

/** curl's options that define the request and the connection to its server. */
export interface CurlOptions {
  readonly url?: readonly string[]
  readonly request?: string
  readonly head?: boolean
  readonly get?: boolean
  readonly header?: readonly string[]
  readonly body?: readonly BodyPart[]
  readonly cookie?: readonly string[]
  readonly user?: string
  readonly userAgent?: string
  readonly referer?: string
  readonly compressed?: boolean
  readonly globoff?: boolean
  readonly insecure?: boolean
  readonly cacert?: string
  /** Time limit, in seconds. */
  readonly maxTime?: number
  readonly output?: string
}

/** A request that has not been signed yet. */
export interface ParsedRequest {
  readonly url: URL
  /** The path and query, as they are sent. */
  readonly path: string
  readonly method: string
  readonly headers: readonly HeaderLine[]
  readonly body: Buffer | undefined
}

/**
 * Turns the URL and curl's options into the request that curl would send for the same arguments. There are only two
 * differences: the default user agent, and the method, which is in uppercase. The signed headers are added later.
 * Throws `ERR_CONFIGURATION`. No error message contains a header value, a cookie or a part of the body.
 */
export function parseRequest(target: string, options: CurlOptions): ParsedRequest {
  const { url, path, credentials } = readUrl(target, options)
  const data = readBody(options.body)
  if (options.body?.some(({ text }) => text.includes('\ufffd')) === true)
    printRemarks('warning: the body contains bytes that are not UTF-8, which are lost. Use --data-binary @FILE.')
  if (options.head && data !== undefined && !options.get)
    throw createRequestError(
      '-I sends a request without a body, but -d or -F gives one. Leave one of them out, or add -G.',
    )

  const body = options.get ? undefined : data
  const method = (options.request || (options.head ? 'HEAD' : body === undefined ? 'GET' : 'POST')).toUpperCase()
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(method))
    throw createRequestError('This method is not valid in HTTP. Use a method such as GET or POST.')
  const headers = joinHeaders(
    [
      ['Host', url.host],
      ['Authorization', basicAuthorization(options.user ?? credentials)],
      ['User-Agent', (options.userAgent ?? 'osprofiler') || undefined],
      ['Accept', '*/*'],
      ['Accept-Encoding', options.compressed ? 'deflate, gzip, br, zstd' : undefined],
      ['Referer', options.referer?.replace(/;auto$/, '') || undefined],
      ['Cookie', readCookies(options.cookie)],
    ],
    options.header ?? [],
    body === undefined
      ? []
      : [
          ['Content-Length', String(body.bytes.length)],
          ['Content-Type', body.type],
        ],
  ).map(header => (body === undefined ? header : addBoundary(header, body)))
  return { url, path: options.get ? addQuery(path, data?.bytes) : path, method, headers, body: body?.bytes }
}

/** Returns the value of the `Authorization` header. Throws if the password is missing. curl would prompt for it. */
function basicAuthorization(credentials: string | undefined): string | undefined {
  if (credentials === undefined) return undefined
  if (!credentials.includes(':'))
    throw createRequestError('-u needs a password, too: NAME:PASSWORD, or NAME: for an empty password.')
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function readCookies(cookies: readonly string[] = []): string | undefined {
  const given = cookies.filter(text => text !== '')
  if (given.some(text => !text.includes('=')))
    throw createRequestError('-b needs cookies, such as "NAME=VALUE; NAME=VALUE". Files of cookies are not supported.')
  return given.length === 0 ? undefined : given.join(';')
}

/** Adds the form's boundary to a `Content-Type` header that was given on the command line without a boundary. */
function addBoundary([name, value]: HeaderLine, { type }: RequestBody): HeaderLine {
  const [, boundary] = type.split('; ')
  const lacksBoundary = name.toLowerCase() === 'content-type' && boundary !== undefined && !value.includes('boundary=')
  return [name, lacksBoundary ? `${value}; ${boundary}` : value]
}

function addQuery(path: string, data: Buffer | undefined): string {
  if (data === undefined) return path
  const query = data.toString('latin1').replace(/[^!-~]/g, byte => {
    return byte === ' ' ? '+' : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
  return `${path}${path.includes('?') ? '&' : '?'}${query}`
}
