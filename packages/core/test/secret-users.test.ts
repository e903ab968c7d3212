import { expect, it } from 'vitest'
import { findUsers } from '../src/secrets/finders/secret-users.js'
import { redactedBy } from './fixtures/redacted-by.js'

function redact(text: string, cut = false): string {
  return redactedBy((given, spans) => findUsers(given, spans, cut), text)
}

it.each([
  ['redis://bob:SEALED@host:6379', 'redis://bob:***@host:6379'],
  ['redis://:SEALED@host', 'redis://:***@host'],
  ['https://SEALED@host/a', 'https://***@host/a'],
  ['amqp://bob:a/b@c@host/', 'amqp://bob:***@host/'],
  ['a postgres://bob:SEALED@one, mysql://eve:SEALED@two b', 'a postgres://bob:***@one, mysql://eve:***@two b'],
])('findUsers() finds the password in an address: %s', (text, shown) => {
  expect(redact(text)).toBe(shown)
})

it.each(['http://host:8080/a@b', 'https://unpkg.com/@scope/package@1.0', 'redis://host:6379,other:6380'])(
  'findUsers() finds no password in %s',
  text => {
    expect(redact(text)).toBe(text)
  },
)

it('findUsers() finds a possible password if the text was cut before the host', () => {
  expect(redact('redis://bob:SEAL', true)).toBe('redis://bob:***')
  expect(redact('redis://bob:SEAL')).toBe('redis://bob:SEAL')
})
