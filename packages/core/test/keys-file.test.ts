import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KeyRing } from '../src/keys/key-ring.js'
import { createKeysFile } from '../src/keys/keys-file.js'

const TEXT = 'text'

/** Signs a text with each of the keys. Returns the keys that the ring finds for the signatures. */
function signersOf(ring: KeyRing | undefined, keys: readonly string[]): (string | undefined)[] {
  return keys.map(key => ring?.verify(TEXT, new KeyRing([key]).sign(TEXT)))
}

describe('createKeysFile', () => {
  let folder: string
  let file: string
  let now: number

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'osprofiler-keys-'))
    file = join(folder, 'keys')
    now = Math.ceil(performance.now())
    vi.spyOn(performance, 'now').mockImplementation(() => now)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(folder, { recursive: true })
  })

  it('returns no ring for a file without keys', () => {
    writeFileSync(file, ' ,\n\r\n , ')

    expect(createKeysFile(file)()).toBeUndefined()
  })

  it('splits keys at commas and line ends, trims them, and ignores a byte order mark', () => {
    writeFileSync(file, '\ufeff one \r\ntwo,three\n\n')

    const ring = createKeysFile(file)()

    expect(ring?.size).toBe(3)
    expect(signersOf(ring, ['one', 'two', 'three', 'four'])).toEqual(['one', 'two', 'three', undefined])
  })

  it('returns the same ring while the content of the file stays the same', () => {
    writeFileSync(file, 'one')
    const keyRing = createKeysFile(file)
    const ring = keyRing()

    now += 1_000
    writeFileSync(file, 'one')

    expect(keyRing()).toBe(ring)
  })

  it('reads a file of up to 64 KiB, and keeps the last valid keys if the file is longer', () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const keyRing = createKeysFile(file)
    writeFileSync(file, 'a'.repeat(64 * 1024))
    const ring = keyRing()
    expect(ring?.size).toBe(1)

    writeFileSync(file, 'a'.repeat(64 * 1024 + 1))
    now += 1_000

    expect(keyRing()).toBe(ring)
  })

  it('keeps the last valid keys if a FIFO replaces the file', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const keyRing = createKeysFile(file)
    writeFileSync(file, 'one')
    const ring = keyRing()

    rmSync(file)
    execFileSync('mkfifo', [file])
    now += 1_000

    expect(keyRing()).toBe(ring)
    expect(warnings).toHaveBeenCalledTimes(1)
    expect(warnings.mock.calls[0]?.[0]).toMatch(/it is a pipe.*stay in use/)
  })

  it.each(['U0VDUkVU', 'SECRET,OTHER', '/SECRET', '/U0VD/UkVU+x=', 'a/SECRET', './none\nSECRET'])(
    'does not show %j, which may be a key instead of a path',
    value => {
      const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})

      createKeysFile(value)()

      expect(warnings.mock.calls[0]?.[0]).toBe(
        'Cannot read the HMAC keys in the file that OSPROFILER_HMAC_KEYS_FILE names (ENOENT). Nothing is traced until the file can be read.',
      )
    },
  )

  it('shows a path whose first folder exists, but only the beginning and end of a very long path', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})

    createKeysFile(join(folder, 'nowhere', 'keys'))()
    createKeysFile(join(folder, 'x'.repeat(100_000), 'keys'))()

    const [short, long] = warnings.mock.calls.map(([message]) => String(message))
    expect(short).toContain(`${join(folder, 'nowhere', 'keys')} (ENOENT)`)
    expect(long).toMatch(/osprofiler-keys-.*x…x+\/keys \(ENAMETOOLONG\)/)
    expect(long?.length).toBeLessThan(500)
  })

  it('warns once per outage, with the name of the file but not its content', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const keyRing = createKeysFile(file)
    const look = () => {
      now += 1_000
      return keyRing()
    }
    look()
    look()
    expect(warnings).toHaveBeenCalledTimes(1)

    writeFileSync(file, 'SECRET-KEY-o7Vt2kQ9xWc4', { mode: 0o600 })
    expect(look()?.size).toBe(1)
    rmSync(file)
    mkdirSync(file)
    expect(look()?.size).toBe(1)
    look()

    expect(warnings).toHaveBeenCalledTimes(2)
    for (const [message] of warnings.mock.calls) {
      expect(message).toContain(file)
      expect(message).not.toContain('SECRET-KEY')
    }
  })

  it('lets a request that is in progress keep the previous ring when the file changes', () => {
    writeFileSync(file, 'one')
    const keyRing = createKeysFile(file)
    const before = keyRing()
    const hmac = before?.sign(TEXT) ?? ''

    writeFileSync(file, 'two')
    now += 1_000

    expect(keyRing()?.verify(TEXT, hmac)).toBeUndefined()
    expect(before?.verify(TEXT, hmac)).toBe('one')
  })
})
