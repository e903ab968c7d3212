import { expect, it } from 'vitest'
import * as SIGN from '../src/secrets/finders/signs-of-secrets.js'

it.each([
  ['a=b', SIGN.PAIR],
  ['a/b', SIGN.SLASH],
  ['a@b', SIGN.AT],
  ['a%20b', SIGN.PERCENT],
  ['<a>', SIGN.ANGLE],
  ['run -p x', SIGN.OPTION],
  ["PASSWORD 'x'", SIGN.QUOTED],
  ['0123456789abcdef', SIGN.LONG_WORD],
  ['Bearer x', SIGN.SCHEME],
  ['AUTH x', SIGN.COMMAND],
  ['["a"]', SIGN.LIST],
])('sees in %j what a secret may need', (text, sign) => {
  expect(SIGN.signsOf(text) & sign).toBe(sign)
})

it('sees nothing in plain words', () => {
  expect(SIGN.signsOf('select id from orders where total > 7')).toBe(0)
})
