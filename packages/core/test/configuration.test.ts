import { inspect } from 'node:util'
import {
  checkEnvironment,
  configure,
  isEnabled,
  OsprofilerError,
  readSwitch,
  run,
  setNotifier,
  type TraceRecord,
} from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

afterEach(() => {
  configure({ hmacKeys: undefined, enabled: undefined, project: undefined, service: undefined, redact: undefined })
  setNotifier(undefined)
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** Sets environment variables. The call to `configure` makes the package read the environment again. */
function withEnvironment(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  configure({})
}

it('an HMAC key never appears in a profiler, a tracer, a record, an error or a warning', async () => {
  const shown: unknown[] = []
  vi.spyOn(process, 'emitWarning').mockImplementation((...told: unknown[]) => void shown.push(told))
  setNotifier(record => shown.push(record))
  const key = 'SECRET-KEY'
  configure({ hmacKeys: [key] })
  const tracer = createRequestTracer([key, 'SECRET-OTHER'], { onRefused: (...refusal) => shown.push(refusal[0]) })
  serveFake(tracer, signedHeaders(key), request => shown.push(request, request?.profiler))
  serveFake(tracer, signedHeaders('SECRET-UNKNOWN'))
  run({ hmacKey: key }, () => shown.push('run'))
  for (const wrong of [
    () => run({ hmacKey: key, baseId: '', parentId: '\ud800' }, () => {}),
    () => configure({ hmacKeys: [key, ''] }),
  ]) {
    try {
      wrong()
    } catch (error) {
      shown.push(error, (error as Error).stack)
    }
  }
  shown.push(tracer, tracer.stats, configure)
  await new Promise(setImmediate)

  for (const value of shown) {
    expect(inspect(value, { depth: 12, showHidden: true, getters: true })).not.toContain('SECRET')
    expect(JSON.stringify(value) ?? '').not.toContain('SECRET')
    expect(String(value)).not.toContain('SECRET')
  }
  expect(shown.length).toBeGreaterThan(8)
})

describe('checkEnvironment', () => {
  it('accepts an environment without settings, and an environment with keys in one variable', () => {
    checkEnvironment()
    vi.stubEnv('OSPROFILER_HMAC_KEYS', 'A,B')
    checkEnvironment()
    vi.stubEnv('OSPROFILER_HMAC_KEYS_FILE', '')

    expect(checkEnvironment).not.toThrow()
  })

  it('refuses keys in two variables, without showing a key', () => {
    vi.stubEnv('OSPROFILER_HMAC_KEYS', 'SECRET')
    vi.stubEnv('OSPROFILER_HMAC_KEYS_FILE', '/run/keys')

    expect(checkEnvironment).toThrow(OsprofilerError)
    expect(checkEnvironment).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIGURATION', message: expect.not.stringContaining('SECRET') }),
    )
  })

  it('refuses a boolean variable that is neither true nor false', () => {
    vi.stubEnv('OSPROFILER_ENABLED', 'maybe')

    expect(checkEnvironment).toThrow(expect.objectContaining({ code: 'ERR_CONFIGURATION' }))
    expect(checkEnvironment).toThrow('OSPROFILER_ENABLED is "maybe"')
  })
})

describe('readSwitch', () => {
  it.each([
    ['true', true],
    [' ON ', true],
    ['1', true],
    ['False', false],
    ['no', false],
    ['0', false],
    ['', undefined],
  ])('reads %j as %s', (word, expected) => {
    vi.stubEnv('OSPROFILER_ENABLED', word)

    expect(readSwitch('OSPROFILER_ENABLED')).toBe(expected)
  })
})

describe('a process without configuration', () => {
  it('reads OSPROFILER_HMAC_KEYS and OSPROFILER_ENABLED at the first signed request', () => {
    const tracer = createRequestTracer()
    withEnvironment({ OSPROFILER_HMAC_KEYS: 'NEW, OLD' })

    expect(serveFake(tracer, signedHeaders('OLD'))).toBe(true)
    withEnvironment({ OSPROFILER_ENABLED: 'off' })
    expect(serveFake(tracer, signedHeaders('OLD'))).toBe(false)

    expect(tracer.stats).toMatchObject({ tracedByKey: [0, 1], refused: { disabled: 1 } })
  })

  it('serves requests untraced, and warns, if two variables contain keys', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    withEnvironment({ OSPROFILER_HMAC_KEYS: 'SECRET', OSPROFILER_HMAC_KEYS_FILE: '/run/keys' })
    const tracer = createRequestTracer()

    expect(serveFake(tracer, signedHeaders('SECRET'))).toBe(false)
    expect(serveFake(tracer, signedHeaders('SECRET'))).toBe(false)

    expect(warnings).toHaveBeenCalledTimes(1)
    expect(warnings.mock.calls[0]?.[0]).toMatch(/^Nothing is traced: Both/)
    expect(inspect(warnings.mock.calls)).not.toContain('SECRET')
  })

  it('serves requests untraced if OSPROFILER_ENABLED is invalid, even if an adapter has its own keys', () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    withEnvironment({ OSPROFILER_ENABLED: 'perhaps' })
    const tracer = createRequestTracer('SECRET')

    expect(serveFake(tracer, signedHeaders('SECRET'))).toBe(false)
  })
})

describe('configure', () => {
  it('overrides the environment until the function that it returned is called', () => {
    withEnvironment({ OSPROFILER_HMAC_KEYS: 'A' })
    const tracer = createRequestTracer()

    const restore = configure({ hmacKeys: ['B'] })
    expect([serveFake(tracer, signedHeaders('A')), serveFake(tracer, signedHeaders('B'))]).toEqual([false, true])
    restore()

    expect([serveFake(tracer, signedHeaders('A')), serveFake(tracer, signedHeaders('B'))]).toEqual([true, false])
  })

  it('does not replace the keys that an adapter was given', () => {
    configure({ hmacKeys: 'B' })
    const tracer = createRequestTracer('A')

    expect([serveFake(tracer, signedHeaders('A')), serveFake(tracer, signedHeaders('B'))]).toEqual([true, false])
  })

  it('keeps the settings of an earlier call that a later call does not contain', () => {
    configure({ hmacKeys: 'A', project: 'p' })
    configure({ enabled: false })

    expect(isEnabled()).toBe(false)
    configure({ enabled: true })
    expect(serveFake(createRequestTracer(), signedHeaders('A'))).toBe(true)
  })

  it('switches tracing off and on while the program runs', () => {
    const tracer = createRequestTracer('A')
    const decisions = [true, false, true].map(enabled => {
      configure({ enabled })
      return serveFake(tracer, signedHeaders('A'))
    })

    expect(decisions).toEqual([true, false, true])
  })

  it('sets the project and the service of every record', () => {
    const records: TraceRecord[] = []
    setNotifier(record => records.push(record))
    configure({ project: 'shop', service: 'orders' })

    serveFake(createRequestTracer('A'), signedHeaders('A'))

    expect(records[0]).toMatchObject({ project: 'shop', service: 'orders' })
  })

  it.each([
    { hmacKeys: '' },
    { hmacKeys: [] },
    { hmacKeys: ' , ' },
    { hmacKeys: [''] },
    { hmacKeys: 7 },
    { enabled: 'yes' },
    { project: 1 },
    { service: null },
    { redact: {} },
  ])('refuses %j with a TypeError and keeps the settings', wrong => {
    configure({ hmacKeys: 'A' })

    expect(() => configure(wrong as object)).toThrow(TypeError)
    expect(serveFake(createRequestTracer(), signedHeaders('A'))).toBe(true)
  })
})
