import { expect, it } from 'vitest'
import { formatBytes } from '../src/words/format-bytes.js'

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [12_345, '12.3 kB'],
  [999_600, '1.0 MB'],
  [48_000_000, '48.0 MB'],
  [480_000_000, '480 MB'],
  [Number.MAX_SAFE_INTEGER, '9.0 PB'],
])('%d bytes are shown as %s', (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown)
})
