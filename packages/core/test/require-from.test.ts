import { expect, it } from 'vitest'
import { requireFrom } from '../src/platform/require-from.js'

it('requireFrom() resolves modules in the same way as the given file', () => {
  const require = requireFrom(import.meta.url)

  expect(require.resolve('vitest')).toContain('node_modules')
  expect(require('../package.json')).toMatchObject({ name: '@osprofiler/core' })
})
