import { readRequestFile } from './read-request-file.js'
import { wrongRequest } from './wrong-request.js'

/** A header as it is sent: bytes stand in the value as characters up to U+00FF. */
export type HeaderLine = readonly [name: string, value: string]

const NAME = /^[\w!#$%&'*+.^`|~-]+$/
/** A character that no value of a header may hold. */
const UNSENDABLE = /[^\t -~\u0080-\u00ff]/

/**
 * Puts headers together as curl does. A given one takes the place of a default, `Name:` leaves the default out, and
 * `Name;` is one without a value.
 *
 * @param before the defaults that come first; those without a value are not sent
 * @param after the defaults that tell of the body
 * @throws OsprofilerError `ERR_CONFIGURATION`; no message holds the value of a header
 */
export function joinHeaders(
  before: readonly (readonly [string, string | undefined])[],
  lines: readonly string[],
  after: readonly HeaderLine[],
): HeaderLine[] {
  const given = lines.flatMap(readLines).map(readHeader)
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  const isDefault = ([name]: readonly [string, ...unknown[]]): boolean => !names.has(name.toLowerCase())
  const hosts = given.filter(([name]) => name.toLowerCase() === 'host')
  const others = given.filter(([name]) => name.toLowerCase() !== 'host')
  // The length of a body in pieces is not known.
  const length = names.has('transfer-encoding') ? after.filter(([name]) => name !== 'Content-Length') : after
  const all = [...hosts, ...before.filter(isDefault), ...others, ...length.filter(isDefault)]
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, toBytes(name, value)]]))
}

function readLines(line: string): string[] {
  if (!line.startsWith('@')) return [line]
  const lines = readRequestFile('headers', line.slice(1)).toString().split(/\r?\n/)
  return lines.filter(text => text.trim() !== '' && !text.startsWith('#'))
}

function readHeader(line: string): readonly [string, string | undefined] {
  const [, name, sign, value = ''] = /^([^:;]+)([:;])(.*)$/s.exec(line) ?? []
  if (name === undefined || (sign === ';' && value.trim() !== ''))
    throw wrongRequest('A header is "Name: value", such as -H "Accept: */*".')
  if (!NAME.test(name.trim()))
    throw wrongRequest('The name of a header cannot be sent: a character in it is not allowed.')
  if (sign === ';') return [name.trim(), '']
  return [name.trim(), value.trim() === '' ? undefined : value.trim()]
}

/** As the shell has it, in UTF-8, which is how curl sends it. */
function toBytes(name: string, value: string): string {
  const bytes = Buffer.from(value).toString('latin1')
  if (UNSENDABLE.test(bytes)) throw wrongRequest(`The header ${name} cannot be sent: a character in it is not allowed.`)
  return bytes
}
