import { expect, it } from 'vitest'
import { checkHttpOptions } from '../src/http/http-options.js'

it('takes the options of every HTTP adapter', () => {
  expect(() => checkHttpOptions({ name: 'api', hideQuery: true, maxTraceAge: 60, ignore: () => false })).not.toThrow()
})

it.each([
  [{ hideQuerry: true }, 'The middleware has no option "hideQuerry". Known: name, hideQuery, enabled'],
  [{ name: 7 }, 'name is a string, not number'],
  [{ hideQuery: 'yes' }, 'hideQuery is a boolean, not string'],
  [{ ignore: '/health' }, 'ignore is a function, not string'],
  [{ maxTracesPerSecond: -1 }, 'maxTracesPerSecond is not negative'],
])('refuses %j', (options, message) => {
  expect(() => checkHttpOptions(options as object)).toThrow(message)
})
