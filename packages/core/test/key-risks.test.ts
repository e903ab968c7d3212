import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { configure } from '@osprofiler/core'
import { findKeyRisks } from '@osprofiler/core/toolkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { configuredKeyRing } from '../src/options/configuration.js'

const STRONG = 'o7Vt2kQ9xWc4LmZs8RbYpD1g'

function codesOf(keys: readonly string[], mode?: number): string[] {
  return findKeyRisks(keys, { source: 'the file', mode }).map(({ code }) => code)
}

describe('findKeyRisks', () => {
  it.each([
    'SECRET_KEY',
    'secret_key',
    'SECRETKEY',
    'SECRET',
    'SECRET_KEY_1',
    'KEY',
    'NEW',
    'old',
    'your-secret-key',
    'hmac_key',
  ])('reports a key that is in public documentation: %s', key => {
    expect(codesOf([key])).toEqual(['OSPROFILER_PUBLIC_KEY'])
  })

  it.each([
    ...[
      'a',
      '1',
      'A',
      'é',
      '😀',
      'ab',
      'abc123',
      'password',
      'Passw0rd',
      'changeme',
      'hunter2',
      'osprofiler',
      'test-key',
    ],
    ...['a'.repeat(64), 'ab'.repeat(20), '0123456789abcdef', '1234567890123456', 'abcdefghijklmnopqrstuvwxyz'],
    ...['password12345678901', 'changeme-changeme', 'osprofiler_2026_01_01', 'correct-horse'],
  ])('reports a key that is easy to guess: %s', key => {
    expect(codesOf([key])).toEqual(['OSPROFILER_WEAK_KEY'])
  })

  it('does not report a random key in any notation', () => {
    const keys = Array.from({ length: 300 }, () => [
      randomBytes(32).toString('base64url'),
      randomBytes(16).toString('hex'),
      randomBytes(16).toString('base64'),
      randomUUID(),
    ]).flat()

    expect(codesOf(keys)).toEqual([])
  })

  it('reports keys by their positions, without showing a key', () => {
    const risks = findKeyRisks([STRONG, 'SECRET_KEY', 'hunter2', 'letmein'], { source: 'the file' })

    expect(risks.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^The second key in the file is in public documentation, .*osprofiler key new/),
      expect.stringMatching(/^The third key in the file can be guessed: .*osprofiler key new/),
    ])
    expect(JSON.stringify(risks)).not.toMatch(/SECRET_KEY|hunter2|letmein|o7Vt/)
  })

  it('reports a very long weak key quickly', () => {
    expect(codesOf(['ab'.repeat(30_000), `${STRONG}${'xy!'.repeat(10_000)}`])).toEqual(['OSPROFILER_WEAK_KEY'])
  })
})

describe('a keys file', () => {
  it.each([
    [0o100600, []],
    [0o100640, []],
    [0o100400, []],
    [0o100644, ['OSPROFILER_READABLE_KEYS_FILE']],
    [0o100604, ['OSPROFILER_READABLE_KEYS_FILE']],
    [0o100777, ['OSPROFILER_READABLE_KEYS_FILE']],
  ])('with mode %o has the risks %j', (mode, expected) => {
    expect(codesOf([STRONG], mode)).toEqual(expected)
    expect(codesOf([], mode)).toEqual([])
  })
})

describe('a process', () => {
  let folder: string
  let warnings: { mock: { calls: unknown[][] } }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'osprofiler-keys-'))
    warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    configure({})
    rmSync(folder, { recursive: true })
  })

  it('warns only once of each risk, even if the keys change, and never shows a key', () => {
    let now = Math.ceil(performance.now())
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const file = join(folder, 'keys')
    vi.stubEnv('OSPROFILER_HMAC_KEYS_FILE', file)
    configure({})
    for (const keys of ['SECRET_KEY,hunter2', 'hunter3,SECRET', STRONG, 'hunter2']) {
      writeFileSync(file, keys)
      chmodSync(file, 0o644)
      now += 1_000
      expect(configuredKeyRing()).toBeDefined()
    }
    vi.unstubAllEnvs()
    vi.stubEnv('OSPROFILER_HMAC_KEYS', 'SECRET_KEY')
    configure({})
    expect(configuredKeyRing()).toBeDefined()

    const told = warnings.mock.calls.map(([message, options]) => [(options as { code: string }).code, message])
    expect(told).toEqual([
      ['OSPROFILER_PUBLIC_KEY', expect.stringContaining(`The first key in ${file} is in public`)],
      ['OSPROFILER_WEAK_KEY', expect.stringContaining(`The second key in ${file} can be guessed`)],
      ['OSPROFILER_READABLE_KEYS_FILE', expect.stringContaining(`can read the keys in ${file}. `)],
    ])
    expect(told.join()).not.toMatch(/SECRET|hunter/)
  })

  it('does not warn of keys that the program passes, or of any keys while tracing is disabled', () => {
    vi.stubEnv('OSPROFILER_HMAC_KEYS', 'SECRET_KEY')
    const undo = configure({ hmacKeys: 'SECRET_KEY' })
    configuredKeyRing()
    undo()
    vi.stubEnv('OSPROFILER_ENABLED', 'false')
    configure({})

    expect(warnings.mock.calls).toEqual([])
  })
})
