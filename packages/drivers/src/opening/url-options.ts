import { OsprofilerError } from '@osprofiler/core'
import { Map, Math, Number } from '@osprofiler/core/toolkit'
import { readCertificateFile } from './certificate-file.js'
import type { ConnectionUrl, Host } from './connection-url.js'

/**
 * The options of a connection string, and the function that creates the `ERR_CONNECTION_STRING` error for a wrong
 * option.
 */
export type UrlOptions = Pick<ConnectionUrl, 'options' | 'createError'>

/** The certificate of the authority to trust, and the client's own certificate with its key. */
export interface TlsFiles {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

const ON_WORDS = ['true', 'yes', 'on', '1']
const OFF_WORDS = ['false', 'no', 'off', '0', '']
const TTL_PATTERN = /^(\d{1,6})(s|m|h|d|w)$/
const MS_PER_UNIT = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/** Reads an option that is a number of seconds. Returns milliseconds. */
export function readSeconds({ options, createError }: UrlOptions, name: string): number | undefined {
  const text = options.get(name)
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 86_400) return Math.ceil(seconds * 1_000)
  throw createError(`${name} must be a number of seconds above 0`)
}

/** Reads an option that must have one of the given values. */
export function readChoice<Choice extends string>(
  { options, createError }: UrlOptions,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = options.get(name)?.toLowerCase()
  if (text === undefined) return undefined
  const choice = choices.find(known => known.toLowerCase() === text)
  if (choice !== undefined) return choice
  throw createError(`${name} must be one of ${choices.join(', ')}`)
}

/** Reads an option that is on or off. */
export function readSwitch({ options, createError }: UrlOptions, name: string): boolean | undefined {
  const text = options.get(name)?.toLowerCase()
  if (text === undefined) return undefined
  if (ON_WORDS.includes(text)) return true
  if (OFF_WORDS.includes(text)) return false
  throw createError(`${name} must be true or false`)
}

/** Reads the file that an option names. The file contains certificates or a key. */
export function readFileOption({ options, createError }: UrlOptions, name: string): Buffer | undefined {
  const path = options.get(name)
  if (path === undefined) return undefined
  try {
    return readCertificateFile(path)
  } catch (cause) {
    throw createError(`the file that ${name} names cannot be read (${(cause as Error).message})`, { cause })
  }
}

/** Reads the files that these options name. Throws `ERR_CONNECTION_STRING` for an unreadable file. */
export function readTlsFiles(url: UrlOptions, names: Readonly<Record<keyof TlsFiles, string>>): TlsFiles {
  const [ca, cert, key] = [names.ca, names.cert, names.key].map(name => readFileOption(url, name))
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

/** Returns the host of a connection string that must name exactly one host. */
export function readOnlyHost({ hosts: [host, other], createError }: ConnectionUrl): Host {
  if (host === undefined || other !== undefined) throw createError('it must name one host')
  return host
}

/**
 * Reads the value of `?ttl=`, such as `90s` or `7d`, as milliseconds. Throws `ERR_CONNECTION_STRING` if the value is
 * invalid. Without a value, traces are kept forever.
 */
export function readTtl(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, amount, unit] = TTL_PATTERN.exec(text) ?? []
  const milliseconds = Number(amount) * (MS_PER_UNIT.get(unit ?? '') ?? Number.NaN)
  if (milliseconds > 0) return milliseconds
  throw new OsprofilerError(
    'ERR_CONNECTION_STRING',
    'ttl must be a time for which traces are kept, such as 90s, 30m, 12h, 7d or 2w.',
  )
}
