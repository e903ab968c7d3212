import { expect, it } from 'vitest'
import { cutText } from '../src/platform/cut-text.js'

it.each([
  ['short', 5, 'short'],
  ['longer', 5, 'longe...'],
  ['a😀b', 2, 'a...'],
  ['a😀b', 3, 'a😀...'],
])('cutText() cuts %j to %i characters, but not inside a surrogate pair', (text, length, cut) => {
  expect(cutText(text, length)).toBe(cut)
})
