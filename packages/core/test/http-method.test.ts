import { expect, it } from 'vitest'
import { knownMethod } from '../src/record/http-method.js'

it.each([
  ['get', 'GET'],
  ['QUERY', 'QUERY'],
  ['PROPFIND', '_OTHER'],
  ['x'.repeat(1e6), '_OTHER'],
  ['', undefined],
  [7, undefined],
])("knownMethod() converts %j to %j according to OpenTelemetry's conventions", (method, known) => {
  expect(knownMethod(method)).toBe(known)
})
