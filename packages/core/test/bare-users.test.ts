import { expect, it } from 'vitest'
import { findBareUsers } from '../src/secrets/finders/bare-users.js'
import { redactedBy } from './fixtures/redacted-by.js'

it.each([
  ['bob:SEALED@tcp(db:3306)/shop', 'bob:***@tcp(db:3306)/shop'],
  ['connect to bob:SEALED@redis:6379', 'connect to bob:***@redis:6379'],
  [':SEALED@redis', ':***@redis'],
  ['jdbc:oracle:thin:bob/SEALED@//db:1521/shop', 'jdbc:oracle:thin:bob/***@//db:1521/shop'],
  ['sqlplus bob/SEALED@shop', 'sqlplus bob/***@shop'],
])('findBareUsers() finds the password in an address without a scheme: %s', (text, shown) => {
  expect(redactedBy(findBareUsers, text)).toBe(shown)
})

it.each(['user:bob@example.com', 'mailto:bob@example.com/', 'npm:@scope/package@1.2/', '12:30:15'])(
  'findBareUsers() finds no password in %s',
  text => {
    expect(redactedBy(findBareUsers, text)).toBe(text)
  },
)
