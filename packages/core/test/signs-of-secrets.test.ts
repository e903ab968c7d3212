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
])('findSigns() finds the sign of a possible secret in %j', (text, sign) => {
  expect(SIGN.findSigns(text) & sign).toBe(sign)
})

it('findSigns() finds no sign of a secret in plain words', () => {
  expect(SIGN.findSigns('select id from orders where total > 7')).toBe(0)
})
