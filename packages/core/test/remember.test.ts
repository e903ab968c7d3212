import { expect, it, vi } from 'vitest'
import { remember } from '../src/platform/remember.js'

it('remember() calls the function once for a short string, but each time for a long string', () => {
  const read = vi.fn((text: string) => text.length)
  const length = remember(read)
  const long = 'x'.repeat(65)

  const lengths = ['a', 'a', long, long].map(length)

  expect(lengths).toEqual([1, 1, 65, 65])
  expect(read.mock.calls.map(([text]) => text)).toEqual(['a', long, long])
})

it('remember() remembers a limited number of strings', () => {
  const read = vi.fn((text: string) => text)
  const same = remember(read)
  for (let index = 0; index <= 2_000; index++) same(`${index}`)

  same('0')

  expect(read).toHaveBeenCalledTimes(2_002)
})
