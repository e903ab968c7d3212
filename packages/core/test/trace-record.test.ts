import { expect, it } from 'vitest'
import { isErrorRecord } from '../src/record/trace-record.js'
import { recordOf } from './fixtures/quick-notifier.js'

it.each([
  [{ etype: 'Failed' }, true],
  [{ etype: '' }, true],
  [{ etype: null }, false],
  [{ response: { status_code: 500 } }, true],
  [{ response: { status_code: 499 } }, false],
  [{ response: null }, false],
  [{ response: { status_code: '500' } }, false],
  [{ requests: { status_code: 500 } }, false],
  [{}, false],
])('isErrorRecord() decides whether the info %j reports a failure: %s', (info, isError) => {
  expect(isErrorRecord(recordOf('id', { info }))).toBe(isError)
})
