import { expect, it } from 'vitest'
import { ExactNumber } from '../src/json/index.js'
import { readErrorType, readRoute, readStatus, readStatusValue } from '../src/record/span-outcome.js'
import { sourceOf } from './fixtures/span-source.js'

it('readStatus() reads the status of a sent or received response', () => {
  const huge = new ExactNumber('9007199254740993')

  expect(readStatus(sourceOf({ stopInfo: { response: { status_code: 404 } } }))).toBe(404)
  expect(readStatus(sourceOf({ stopInfo: { requests: { status_code: 503 } } }))).toBe(503)
  expect(readStatus(sourceOf({ stopInfo: { response: { status_code: '404' } } }))).toBeUndefined()
  expect(readStatusValue(sourceOf({ stopInfo: { response: { status_code: huge } } }))).toBe(huge)
})

it.each([
  ['an exception', { stopInfo: { etype: 'Failed', response: { status_code: 200 } } }, 'Failed'],
  [
    'a 500 response that a server sends',
    { startInfo: { request: {} }, stopInfo: { response: { status_code: 500 } } },
    '500',
  ],
  [
    'a 404 response that a server sends',
    { startInfo: { request: {} }, stopInfo: { response: { status_code: 404 } } },
    undefined,
  ],
  [
    'a 404 response that a client receives',
    { startInfo: { requests: {} }, stopInfo: { requests: { status_code: 404 } } },
    '404',
  ],
  ['a point without a response', {}, undefined],
])('readErrorType() returns the right error type for %s', (_, source, type) => {
  expect(readErrorType(sourceOf(source))).toBe(type)
})

it('readRoute() reads the route from the stop info, or else from the start info', () => {
  const [ofStop, ofStart] = [{ request: { route: '/a' } }, { request: { route: '/b' } }]

  expect(readRoute(sourceOf({ startInfo: ofStart, stopInfo: ofStop }))).toBe('/a')
  expect(readRoute(sourceOf({ startInfo: ofStart, stopInfo: { request: { route: '' } } }))).toBe('/b')
  expect(readRoute(sourceOf({}))).toBeUndefined()
})
