import { expect, it } from 'vitest'
import { knownMethod } from '../src/record/http-method.js'

it.each([
  ['get', 'GET'],
  ['QUERY', 'QUERY'],
  ['PROPFIND', '_OTHER'],
  ['x'.repeat(1e6), '_OTHER'],
  ['', undefined],
  [7, undefined],
])('names %j by the conventions of OpenTelemetry: %j', (method, known) => {
  expect(knownMethod(method)).toBe(known)
})
