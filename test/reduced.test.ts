import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { listReducedExclusions } from './reduced.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const [onLinux, onMacos, onWindows] = ['linux', 'darwin', 'win32'].map(platform => listReducedExclusions(platform))

describe('the reduced test run', () => {
  it('leaves out more on macOS than on Linux, and more on Windows than on macOS', () => {
    expect(onMacos).toEqual(expect.arrayContaining(onLinux ?? []))
    expect(onWindows).toEqual(expect.arrayContaining(onMacos ?? []))
    expect(onMacos?.length).toBeLessThan(onWindows?.length ?? 0)
  })

  it('leaves out only existing files', () => {
    const files = (onWindows ?? []).filter(pattern => !pattern.includes('*')).flatMap(expandBraces)

    expect(files.filter(file => !existsSync(join(root, file)))).toEqual([])
  })

  it('runs no file on Windows that starts a program, directly or through a module', () => {
    expect(onWindows).toContain('test/cli-run.test.ts')
    expect(onWindows).toContain('packages/core/test/keys-file.test.ts')
    expect(onWindows).toContain('packages/node/test/setup-loads-nothing.test.ts')
  })

  it('runs, on Windows, the tests of the protocol rules, the adapters, the reports and the embedded stores', () => {
    const kept = [
      'packages/core/test/headers-conformance.test.ts',
      'packages/core/test/key-ring.test.ts',
      'packages/drivers/test/driver-contract.test.ts',
      'packages/report/test/build-report.test.ts',
      'test/context-streams.test.ts',
      'test/response-ends.test.ts',
    ]

    expect(kept.filter(file => !existsSync(join(root, file)) || onWindows?.includes(file))).toEqual([])
  })
})

/** Returns the files that a pattern such as `{a,b}.ts` matches. */
function expandBraces(pattern: string): string[] {
  const [, before = '', choices, after = ''] = /^(.*?)\{([^}]*)\}(.*)$/.exec(pattern) ?? []
  if (choices === undefined) return [pattern]
  return choices.split(',').flatMap(choice => expandBraces(`${before}${choice}${after}`))
}
