import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { listBetweenTests, listOtherNodeExclusions } from './selections.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = ['test', ...readdirSync(join(root, 'packages')).map(name => `packages/${name}/test`)]
  .filter(folder => existsSync(join(root, folder)))
  .flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(name => `${folder}/${name}`),
  )
  .filter(file => file.endsWith('.test.ts'))

it('the test run for a Node version between the oldest and the newest chooses only existing files', () => {
  const gone = listBetweenTests().filter(beginning => !files.some(file => file.startsWith(beginning)))

  expect(gone).toEqual([])
})

it('the test run for a Node version between the oldest and the newest chooses files that depend on Node', () => {
  const chosen = files.filter(file => listBetweenTests().some(beginning => file.startsWith(beginning)))

  expect(chosen).toEqual(
    expect.arrayContaining([
      'packages/core/test/follow-promise.test.ts',
      'packages/core/test/http2-response-end.test.ts',
      'packages/instruments/test/fetch.test.ts',
      'test/context-streams.test.ts',
      'test/response-ends.test.ts',
    ]),
  )
  expect(chosen).not.toContain('packages/core/test/redact.test.ts')
})

it('the test run for another Node version leaves out only existing files', () => {
  const whole = listOtherNodeExclusions().filter(pattern => !/[*{]/.test(pattern))

  expect(whole.filter(file => !files.includes(file))).toEqual([])
})
