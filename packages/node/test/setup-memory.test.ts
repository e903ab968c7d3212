import { once } from 'node:events'
import { expect, it } from 'vitest'
import { startProgram } from './program.js'

it('setup() leaves nothing in memory after a second call or close()', async () => {
  const { child, ended } = startProgram('many-setups.mjs', {}, ['--expose-gc'])

  const [replaced] = await once(child, 'message')
  const [closed] = await once(child, 'message')

  expect(await ended).toMatchObject({ code: 0, stderr: '' })
  // The last result of setup() is still in use.
  expect({ replaced, closed }).toEqual({ replaced: 1, closed: 0 })
})
