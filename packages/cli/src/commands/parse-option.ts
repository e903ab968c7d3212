import { InvalidArgumentError } from 'commander'

const MAX_SECONDS = 86_400

/** Reads a length of time in seconds, fractions allowed, up to a day. */
export function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (seconds <= MAX_SECONDS) return seconds
  throw new InvalidArgumentError('Give seconds, such as 1 or 0.5, up to a day.')
}

/** Reads a length of time in milliseconds, fractions allowed. */
export function parseMilliseconds(text: string): number {
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give milliseconds, such as 5 or 0.5.')
}

/** Reads a share, such as `10%` or `7.5 %`, as a fraction of 1. */
export function parseShare(text: string): number {
  const [, percent] = /^(\d{1,6}(?:\.\d+)?)\s*%$/.exec(text) ?? []
  if (percent !== undefined) return Number(percent) / 100
  throw new InvalidArgumentError('Give per cent, such as 10%.')
}

/** Reads a whole number from 1 on. */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count >= 1 && Number.isSafeInteger(count)) return count
  throw new InvalidArgumentError('Give a whole number, 1 or more.')
}

/** Reads a switch that may be given a word, as Python's command asks for one, except that `false` means no here. */
export function parseSwitch(text: string): boolean {
  const word = text.toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  if (['false', '0', 'no', 'off'].includes(word)) return false
  throw new InvalidArgumentError('Give true or false, or nothing at all.')
}

/** Reads a status of HTTP, a hundred of them, or the word for whatever failed: `404`, `5xx`, `error`. */
export function parseStatus(text: string): string {
  const status = text.toLowerCase()
  if (/^[1-5](?:\d\d|xx)$/.test(status) || status === 'error') return status
  throw new InvalidArgumentError('Give a status such as 404, a class such as 5xx, or error.')
}

/** Reads what names a trace. An empty text mostly comes from a variable of the shell. */
export function parseTraceName(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('It is empty: is a variable of the shell not set? `osprofiler trace list` shows ids.')
}

/** Reads a port; 0 is any that is free. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Give a whole number from 0 to 65535.')
}
