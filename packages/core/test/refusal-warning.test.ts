import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause, setImmediate } from 'node:timers/promises'
import { configure } from '@osprofiler/core'
import { createRequestTracer, type HttpOptions } from '@osprofiler/core/http'
import { createCallTracer } from '@osprofiler/core/rpc'
import { v7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { collectWarnings } from './fixtures/collect-warnings.js'
import { dropRecords } from './fixtures/drop-records.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

dropRecords()

/** After this time, a change to the keys file is noticed, because the file is read at most once a second. */
const LOOK_AGAIN_MS = 1_050

const HOSTILE = '\u001b[31m\nSet-Cookie: a=b\r\n\u202e'

let restore: () => void
beforeEach(() => {
  vi.stubEnv('OSPROFILER_HMAC_KEYS', undefined)
  restore = configure({})
  // A process warns at most once a minute, so each test has to forget the warnings of earlier tests.
  forgetWarnings()
})
afterEach(() => {
  restore()
  vi.unstubAllEnvs()
})

describe('a signed request that is served untraced', () => {
  const good = () => ({ ...signedHeaders('SECRET') })
  const { 'x-trace-hmac': hmac } = signedHeaders('SECRET')
  const cases: [string, HttpOptions, () => Readonly<Record<string, string>>][] = [
    ['missing-header', {}, () => ({ 'x-trace-hmac': hmac })],
    ['malformed-hmac', {}, () => ({ ...good(), 'x-trace-hmac': HOSTILE })],
    ['unknown-key', {}, () => ({ ...good(), 'x-trace-info': HOSTILE })],
    ['unknown-key', {}, () => ({ ...signedHeaders('OTHER-SECRET') })],
    ['malformed-info', {}, () => ({ ...signedHeaders('SECRET', HOSTILE.repeat(100)) })],
    ['too-old', { maxTraceAge: 1 }, () => ({ ...signedHeaders('SECRET', v7({ msecs: 0 })) })],
    ['rate-limited', { maxTracesPerSecond: 0 }, good],
  ]

  it.each(cases)(
    'causes at most one warning a minute, even with several adapters: %s',
    async (reason, options, headers) => {
      const warnings = await collectWarnings()

      for (let time = 0; time < 50; time++) serveFake(createRequestTracer('SECRET', options), headers())
      await setImmediate()

      expect(warnings).toEqual([{ code: 'OSPROFILER_REFUSED', message: expect.stringContaining(`(${reason})`) }])
      expect(warnings[0]?.message).toMatch(/^[ -~]+$/)
      expect(warnings[0]?.message).not.toMatch(/SECRET|Set-Cookie/)
    },
  )

  it.each([
    [7_200, {}, 'Its trace is 7200 s old, and maxTraceAge is 3600 s.'],
    [30, { maxTraceAge: 1.5 }, 'Its trace is 30 s old, and maxTraceAge is 1.5 s.'],
    [-7_200, {}, "Its trace is 7200 s ahead of this host's clock."],
    [undefined, { datedTracesOnly: true }, 'Its trace has no date, but datedTracesOnly requires one.'],
  ])('causes a warning with the age of the trace: %d s', async (age, options, text) => {
    const warnings = await collectWarnings()
    const id = age === undefined ? '6ba7b810-9dad-41d1-80b4-00c04fd430c8' : v7({ msecs: Date.now() - age * 1_000 })

    serveFake(createRequestTracer('SECRET', options), { ...signedHeaders('SECRET', id) })
    await setImmediate()

    expect(warnings[0]?.message).toContain(`(too-old). ${text}`)
    expect(warnings[0]?.message).not.toContain(id)
  })

  it('causes a separate warning for each reason', async () => {
    const warnings = await collectWarnings()

    for (const [, options, headers] of cases) serveFake(createRequestTracer('SECRET', options), headers())
    await setImmediate()

    const reasons = warnings.map(({ message }) => /\(([\w-]+)\)/.exec(message)?.[1])
    expect(reasons).toEqual([...new Set(cases.map(([reason]) => reason))])
  })

  it('causes another warning a minute later, with the number of suppressed warnings', async () => {
    let now = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    onTestFinished(() => void vi.restoreAllMocks())
    const warnings = await collectWarnings()
    const ask = () => serveFake(createRequestTracer('SECRET'), { ...signedHeaders('OTHER') })

    for (const passed of [0, 59_000, 1_000, 59_999]) {
      now += passed
      ask()
    }
    await setImmediate()

    expect(warnings).toHaveLength(2)
    expect(warnings[1]?.message).toMatch(/happened 1 times since/)
  })

  it('causes no warning if tracing is disabled', async () => {
    const warnings = await collectWarnings()

    serveFake(createRequestTracer('SECRET', { enabled: false }), good())
    configure({ enabled: false })
    serveFake(createRequestTracer('SECRET'), good())
    await setImmediate()

    expect(warnings).toEqual([])
  })
})

describe('the first request of a process', () => {
  it.each([
    ['unsigned', {}],
    ['signed', signedHeaders('SECRET')],
  ])('causes one warning if there is no key, and the warning explains how to set a key: %s', async (_, headers) => {
    const warnings = await collectWarnings()

    for (let time = 0; time < 20; time++) serveFake(createRequestTracer(), { ...headers })
    await setImmediate()

    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_NO_KEYS'])
    expect(warnings[0]?.message).toMatch(/OSPROFILER_HMAC_KEYS.*hmacKeys.*OSPROFILER_ENABLED=false/)
  })

  it.each([
    ['is empty', '\n', [/the file that OSPROFILER_HMAC_KEYS_FILE names contains no HMAC key/]],
    ['cannot be read', undefined, [/^Cannot read the HMAC keys/]],
  ])('causes one warning if the keys file %s', async (_, text, expected) => {
    const folder = mkdtempSync(join(tmpdir(), 'osprofiler-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'keys')
    if (text !== undefined) writeFileSync(file, text)
    vi.stubEnv('OSPROFILER_HMAC_KEYS_FILE', file)
    configure({})
    const warnings = await collectWarnings()

    for (let time = 0; time < 3; time++) serveFake(createRequestTracer(), {})
    await setImmediate()

    expect(warnings.map(({ message }) => message)).toEqual(expected.map(pattern => expect.stringMatching(pattern)))
  })

  it('causes no warning if the keys file was emptied, because this revokes all keys on purpose', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'osprofiler-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'keys')
    writeFileSync(file, 'a-key-of-this-test-alone', { mode: 0o600 })
    vi.stubEnv('OSPROFILER_HMAC_KEYS_FILE', file)
    configure({})
    serveFake(createRequestTracer(), {})
    writeFileSync(file, '')
    const warnings = await collectWarnings()

    await pause(LOOK_AGAIN_MS)
    serveFake(createRequestTracer(), signedHeaders('SECRET'))
    await setImmediate()

    expect(warnings).toEqual([])
  })

  it('causes a warning if there is no key, even if the request is a call or a message', async () => {
    const warnings = await collectWarnings()

    createCallTracer().open(undefined, {}, {})
    await setImmediate()

    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_NO_KEYS'])
  })

  it.each<[string, () => void, HttpOptions?]>([
    ['the environment', () => vi.stubEnv('OSPROFILER_ENABLED', 'false')],
    ['configure()', () => configure({ enabled: false })],
    ['an option', () => undefined, { enabled: false }],
  ])('causes no warning if tracing is disabled by %s', async (_, switchOff, options) => {
    switchOff()
    if (options === undefined) configure({})
    const warnings = await collectWarnings()

    serveFake(createRequestTracer(undefined, options), {})
    await setImmediate()

    expect(warnings).toEqual([])
  })

  it('causes no warning if there is a key', async () => {
    const warnings = await collectWarnings()

    serveFake(createRequestTracer('SECRET'), {})
    configure({ hmacKeys: 'SECRET' })
    serveFake(createRequestTracer(), {})
    await setImmediate()

    expect(warnings).toEqual([])
  })
})

/** Removes the memory of earlier warnings from the state that copies of the package share. */
function forgetWarnings(): void {
  const { values } = (globalThis as never)[Symbol.for('osprofiler.core')] as { values: Map<string, unknown> }
  values.delete('refusal-warning')
}
