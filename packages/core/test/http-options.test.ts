import { expect, it } from 'vitest'
import { checkHttpOptions } from '../src/http/http-options.js'

it('checkHttpOptions() accepts the options of all HTTP adapters', () => {
  expect(() => checkHttpOptions({ name: 'api', hideQuery: true, maxTraceAge: 60, ignore: () => false })).not.toThrow()
})

it.each([
  [
    { hideQuerry: true },
    'The middleware has no option "hideQuerry". Known: name, hideQuery, tickets, audience, enabled',
  ],
  [{ name: 7 }, 'name must be of type string, not number'],
  [{ hideQuery: 'yes' }, 'hideQuery must be of type boolean, not string'],
  [{ ignore: '/health' }, 'ignore must be of type function, not string'],
  [{ tickets: 'require' }, 'tickets must be accept, required or off, not "require"'],
  [{ audience: 7 }, 'audience must be a string or a list of strings'],
  [{ maxTracesPerSecond: -1 }, 'maxTracesPerSecond must not be negative'],
])('checkHttpOptions() refuses %j', (options, message) => {
  expect(() => checkHttpOptions(options as object)).toThrow(message)
})
