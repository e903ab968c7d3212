import { OsprofilerError } from '@osprofiler/core'
import { Number } from '@osprofiler/core/toolkit'
import { readCertificateOption } from '../opening/certificate-file.js'
import { type Host, showHost } from '../opening/connection-url.js'

/** How to speak TLS: with whoever answers, with a known authority's certificate in any name, or in the host's name. */
export interface SqlTls extends TlsFiles {
  readonly verify: 'nothing' | 'authority' | 'name'
}

/** Certificates: of the authority to trust, and our own with its key. */
export interface TlsFiles {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/**
 * How a connection is made: plain, over TLS, or first this and then that way. TLS that has to be verified, or that is
 * not to be done without, has no other way beside it.
 */
export type Ways = readonly ('plain' | SqlTls)[]

/** What names the files of TLS, by their options in a connection string. */
export interface TlsFileOptions {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Reads the files of certificates that a connection string names. */
export function readTlsFiles(options: ReadonlyMap<string, string>, names: TlsFileOptions): TlsFiles {
  const files: { -readonly [kind in keyof TlsFiles]: Buffer } = {}
  for (const kind of ['ca', 'cert', 'key'] as const) {
    const name = names[kind]
    const path = options.get(name)
    if (path !== undefined) files[kind] = readCertificateOption(name, path)
  }
  return files
}

/** Reads an option that is a number of seconds, as milliseconds. */
export function readSeconds(options: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const text = options.get(name)
  if (text === undefined) return fallback
  if (/^\d{1,4}$/.test(text) && Number(text) > 0) return Number(text) * 1_000
  throw new OsprofilerError('ERR_CONNECTION_STRING', `${name} is a number of seconds from 1 to 9999.`)
}

/** Reads an option of which only some values are known. */
export function readChoice<Choice extends string>(
  options: ReadonlyMap<string, string>,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = options.get(name)?.toLowerCase()
  if (text === undefined) return undefined
  const choice = choices.find(known => known.toLowerCase() === text)
  if (choice !== undefined) return choice
  throw new OsprofilerError('ERR_CONNECTION_STRING', `${name} is one of ${choices.join(', ')}.`)
}

/** Whether a host is a path: of a socket, or of a folder of sockets. */
export function isSocketPath(host: string): boolean {
  return host.startsWith('/')
}

/** An address for people. */
export function showAddress(host: Host): string {
  return isSocketPath(host.host) ? host.host : showHost(host)
}
