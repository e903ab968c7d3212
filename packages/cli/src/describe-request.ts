import { readFileSync } from 'node:fs'
import { OsprofilerError } from '@osprofiler/core'
import type { RunOptions } from './commands/run-options.js'

/** What no value of a header may hold. */
const UNSENDABLE = /[^\t -~\u0080-\u00ff]/

/** A request that is yet to be signed. */
export interface DescribedRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: Buffer | undefined
}

/**
 * Reads the URL and curl's options. A body makes it a POST of `application/x-www-form-urlencoded` where nothing else
 * is said, as with curl; credentials in the URL become basic authentication.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION`; no message holds the value of a header
 */
export function describeRequest(
  target: string,
  options: Pick<RunOptions, 'request' | 'header' | 'data'>,
): DescribedRequest {
  const url = parseUrl(target)
  const body = readBody(options.data ?? [])
  const method = (options.request ?? (body === undefined ? 'GET' : 'POST')).toUpperCase()
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(method)) throw wrong('This method cannot be sent. Use one such as GET or POST.')
  if (body !== undefined && ['GET', 'HEAD'].includes(method))
    throw wrong(`A ${method} request has no body: leave out -d.`)

  const headers = readHeaders(options.header ?? [])
  const defaults = new Map([['user-agent', 'osprofiler']])
  if (body !== undefined) defaults.set('content-type', 'application/x-www-form-urlencoded')
  if (url.username !== '' || url.password !== '') defaults.set('authorization', basicAuthorization(url))
  for (const [name, value] of defaults) if (!headers.has(name)) headers.set(name, value)
  url.username = ''
  url.password = ''
  return { url, method, headers, body }
}

function parseUrl(target: string): URL {
  const url = URL.canParse(target) ? new URL(target) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw wrong('The URL has to begin with http:// or https://, such as http://127.0.0.1:3000/orders.')
}

function readHeaders(lines: readonly string[]): Headers {
  const headers = new Headers()
  for (const line of lines) {
    const [, name, value] = /^([^:]+):(.*)$/s.exec(line) ?? []
    if (name === undefined || value === undefined) throw wrong('A header is "Name: value", such as -H "Accept: */*".')
    try {
      if (UNSENDABLE.test(value)) throw new TypeError('fetch would say so only when it sends')
      headers.append(name.trim(), value)
    } catch {
      throw wrong(`The header ${name.trim()} cannot be sent: a character in it is not allowed.`)
    }
  }
  return headers
}

function readBody(data: readonly string[]): Buffer | undefined {
  if (data.length === 0) return undefined
  const parts = data.map(part => (part.startsWith('@') ? readBodyFile(part.slice(1)) : Buffer.from(part)))
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from('&'), part])))
}

function readBodyFile(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    throw wrong(`Cannot read the body from ${file}: ${cause instanceof Error && 'code' in cause ? cause.code : cause}.`)
  }
}

function basicAuthorization({ username, password }: URL): string {
  return `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function wrong(message: string): OsprofilerError {
  return new OsprofilerError('ERR_CONFIGURATION', message)
}
