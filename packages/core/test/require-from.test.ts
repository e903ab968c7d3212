import { expect, it } from 'vitest'
import { requireFrom } from '../src/platform/require-from.js'

it('resolves modules like the file itself', () => {
  const require = requireFrom(import.meta.url)

  expect(require.resolve('vitest')).toContain('node_modules')
  expect(require('../package.json')).toMatchObject({ name: '@osprofiler/core' })
})
