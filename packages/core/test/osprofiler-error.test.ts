import { expect, it } from 'vitest'
import { OsprofilerError } from '../src/platform/osprofiler-error.js'

it('has a code and a name for programs, and its cause', () => {
  const cause = new Error('refused')

  const error = new OsprofilerError('ERR_STORE', 'The store refuses the password.', { cause })

  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE', cause })
  expect(`${error}`).toBe('OsprofilerError: The store refuses the password.')
})
