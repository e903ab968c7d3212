import { expect, it } from 'vitest'
import { isStopName, pointName } from '../src/record/point-name.js'

it.each([
  ['wsgi-start', 'wsgi', false],
  ['wsgi-stop', 'wsgi', true],
  ['non-stop-start', 'non-stop', false],
  ['-start', '-start', false],
  ['stop', 'stop', true],
  ['', '', false],
])('the record %j belongs to a point with the name %j', (recordName, name, isStop) => {
  expect(pointName(recordName)).toBe(name)
  expect(isStopName(recordName)).toBe(isStop)
})
