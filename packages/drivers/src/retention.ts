import { OsprofilerError } from '@osprofiler/core'

const TTL = /^(\d{1,9})(s|m|h|d|w)$/
const UNITS = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/**
 * Reads how long a store keeps a trace, of `?ttl=` in its connection string: `90s`, `30m`, `12h`, `7d`, `2w`.
 *
 * @returns milliseconds, or `undefined` where it is not given: then traces are kept.
 * @throws OsprofilerError `ERR_CONNECTION_STRING`
 */
export function readTtl(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, amount, unit] = TTL.exec(text) ?? []
  const milliseconds = Number(amount) * (UNITS.get(unit ?? '') ?? Number.NaN)
  if (milliseconds > 0) return milliseconds
  throw new OsprofilerError('ERR_CONNECTION_STRING', 'ttl says how long traces are kept: 90s, 30m, 12h, 7d or 2w.')
}
