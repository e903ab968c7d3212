import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { chooseBetween, leaveOutForOtherNode } from './selections.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = ['test', ...readdirSync(join(root, 'packages')).map(name => `packages/${name}/test`)]
  .filter(folder => existsSync(join(root, folder)))
  .flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(name => `${folder}/${name}`),
  )
  .filter(file => file.endsWith('.test.ts'))

it('chooses for a version of Node between two others only what is there', () => {
  const gone = chooseBetween().filter(beginning => !files.some(file => file.startsWith(beginning)))

  expect(gone).toEqual([])
})

it('chooses for a version of Node between two others what Node itself decides', () => {
  const chosen = files.filter(file => chooseBetween().some(beginning => file.startsWith(beginning)))

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

it('leaves nothing out for another version of Node that is gone', () => {
  const whole = leaveOutForOtherNode().filter(pattern => !/[*{]/.test(pattern))

  expect(whole.filter(file => !files.includes(file))).toEqual([])
})
