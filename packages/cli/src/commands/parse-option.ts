import { toWishName } from '@osprofiler/core/toolkit'
import { InvalidArgumentError } from 'commander'

const MAX_SECONDS = 86_400

/** Parses a duration in seconds, at most a day. */
export function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (seconds <= MAX_SECONDS) return seconds
  throw new InvalidArgumentError('Give a number of seconds, such as 1 or 0.5, of at most a day.')
}

/** Parses a duration in milliseconds, with or without a fraction. */
export function parseMilliseconds(text: string): number {
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a number of milliseconds, such as 5 or 0.5.')
}

/** Parses a percentage, such as `10%` or `7.5 %`, as a fraction of 1. */
export function parseShare(text: string): number {
  const [, percent] = /^(\d{1,6}(?:\.\d+)?)\s*%$/.exec(text) ?? []
  if (percent !== undefined) return Number(percent) / 100
  throw new InvalidArgumentError('Give a percentage, such as 10%.')
}

/** Parses a whole number of 1 or more. */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count >= 1 && Number.isSafeInteger(count)) return count
  throw new InvalidArgumentError('Give a whole number, 1 or more.')
}

/** Parses the optional value of a switch. Unlike in Python's command, `false` turns the switch off. */
export function parseSwitch(text: string): boolean {
  const word = text.toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  if (['false', '0', 'no', 'off'].includes(word)) return false
  throw new InvalidArgumentError('Give true or false, or no value.')
}

/** Parses an HTTP status (`404`), a class of statuses (`5xx`), or `error` for any failure. */
export function parseStatus(text: string): string {
  const status = text.toLowerCase()
  if (/^[1-5](?:\d\d|xx)$/.test(status) || status === 'error') return status
  throw new InvalidArgumentError('Give a status such as 404, a class such as 5xx, or error.')
}

/** Checks the id or file name of a trace. Rejects an empty string, which usually comes from an unset shell variable. */
export function parseTraceName(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError(
    'It is empty, perhaps because a shell variable is not set. `osprofiler trace list` shows ids.',
  )
}

/** Parses a port. 0 means any free port. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Give a whole number from 0 to 65535.')
}

/** Parses the number of points that a ticket allows. */
export function parsePoints(text: string): number {
  const points = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : 0
  if (points >= 1 && points <= 1_000_000) return points
  throw new InvalidArgumentError('Give a whole number from 1 to 1000000.')
}

/** Parses the lifetime of a ticket in seconds. */
export function parseTicketLifetime(text: string): number {
  const seconds = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= 300) return seconds
  throw new InvalidArgumentError('Give a whole number of seconds from 1 to 300.')
}

/** Parses a value of `--why`, such as `cpu` or `waits@orders`, and adds it to the `previous` values. */
export function parseWhy(text: string, previous: readonly string[] = []): readonly string[] {
  const [, level, service] = /^(waits|cpu)(?:@(.+))?$/.exec(text) ?? []
  const wish = `why=${level}${service === undefined ? '' : `@${toWishName(service)}`}`
  if (level !== undefined && wish.length <= MAX_WISH_CHARS && previous.length < MAX_WHYS) return [...previous, wish]
  throw new InvalidArgumentError(
    'Give waits or cpu, optionally for one service: --why=cpu@orders. Put the URL before --why.',
  )
}

const MAX_WISH_CHARS = 64
const MAX_WHYS = 6

/**
 * Parses the wishes that a ticket contains, such as `answer,code`, and adds them to the `previous` wishes. A wish asks
 * the services for an extra. An empty string adds nothing.
 */
export function parseWishes(text: string, previous: readonly string[] = []): readonly string[] {
  const wishes = [...previous, ...(text === '' ? [] : text.split(',').map(wish => wish.trim()))]
  if (wishes.length <= 8 && wishes.every(wish => /^[a-z0-9@=._-]{1,64}$/.test(wish))) return wishes
  throw new InvalidArgumentError('Give up to eight wishes with commas between them, such as answer,code.')
}
