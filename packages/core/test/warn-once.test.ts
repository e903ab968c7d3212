import { expect, it } from 'vitest'
import { warnOnce } from '../src/platform/warn-once.js'
import { collectWarnings } from './fixtures/collect-warnings.js'

it('warnOnce() emits each kind of warning once per process', async () => {
  const warnings = await collectWarnings()

  warnOnce('OSPROFILER_TEST', 'first')
  warnOnce('OSPROFILER_TEST', 'again')
  warnOnce('OSPROFILER_TEST', 'of another kind', 'another kind')

  await expect.poll(() => warnings.map(({ message }) => message)).toEqual(['first', 'of another kind'])
})
