import { expect, it } from 'vitest'
import { OsprofilerError } from '../src/platform/osprofiler-error.js'

it('OsprofilerError has a name, a code and a cause', () => {
  const cause = new Error('refused')

  const error = new OsprofilerError('ERR_STORE', 'The store refuses the password.', { cause })

  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE', cause })
  expect(`${error}`).toBe('OsprofilerError: The store refuses the password.')
})
