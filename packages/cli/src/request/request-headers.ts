import { createRequestError } from './create-request-error.js'
import { readRequestFile } from './read-request-file.js'

/** A header, as it is sent. Each character of the value is one byte (up to U+00FF). */
export type HeaderLine = readonly [name: string, value: string]

const HEADER_NAME_PATTERN = /^[\w!#$%&'*+.^`|~-]+$/
/** A character that a header value may not contain. */
const UNSENDABLE_CHARACTER = /[^\t -~\u0080-\u00ff]/

/**
 * Joins default headers and the headers of `-H` (`lines`) as curl does. In `lines`, `Name: value` replaces a default,
 * `Name:` removes a default, and `Name;` adds a header with an empty value. `before` contains the defaults that are
 * sent first. A default whose value is `undefined` is omitted. `after` contains the defaults that describe the body.
 * Throws `ERR_CONFIGURATION`. No error message contains a header value.
 */
export function joinHeaders(
  before: readonly (readonly [string, string | undefined])[],
  lines: readonly string[],
  after: readonly HeaderLine[],
): HeaderLine[] {
  const given = lines.flatMap(expandHeaderFile).map(readHeader)
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  const isDefault = ([name]: readonly [string, ...unknown[]]): boolean => !names.has(name.toLowerCase())
  const hosts = given.filter(([name]) => name.toLowerCase() === 'host')
  const others = given.filter(([name]) => name.toLowerCase() !== 'host')
  // A request with `Transfer-Encoding` must not have a `Content-Length` (RFC 9112, 6.2).
  const bodyDefaults = names.has('transfer-encoding') ? after.filter(([name]) => name !== 'Content-Length') : after
  const all = [...hosts, ...before.filter(isDefault), ...others, ...bodyDefaults.filter(isDefault)]
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, encodeValue(name, value)]]))
}

function expandHeaderFile(line: string): string[] {
  if (!line.startsWith('@')) return [line]
  const lines = readRequestFile('headers', line.slice(1)).toString().split(/\r?\n/)
  return lines.filter(text => text.trim() !== '' && !text.startsWith('#'))
}

function readHeader(line: string): readonly [string, string | undefined] {
  const [, name, sign, value = ''] = /^([^:;]+)([:;])(.*)$/s.exec(line) ?? []
  if (name === undefined || (sign === ';' && value.trim() !== ''))
    throw createRequestError('A header has the form "Name: value", such as -H "Accept: */*".')
  if (!HEADER_NAME_PATTERN.test(name.trim()))
    throw createRequestError('The name of a header contains a character that HTTP does not allow.')
  if (sign === ';') return [name.trim(), '']
  return [name.trim(), value.trim() === '' ? undefined : value.trim()]
}

/** Encodes a value from the shell as UTF-8, as curl does. */
function encodeValue(name: string, value: string): string {
  const bytes = Buffer.from(value).toString('latin1')
  if (UNSENDABLE_CHARACTER.test(bytes))
    throw createRequestError(`The value of the header ${name} contains a character that HTTP does not allow.`)
  return bytes
}
