import { afterEach, describe, expect, it, vi } from 'vitest'
import * as platform from '../src/platform/platform.js'

afterEach(() => void vi.restoreAllMocks())

describe('the globals that the packages use', () => {
  it('are not affected by mocks that a program installs later', () => {
    vi.spyOn(JSON, 'parse').mockReturnValue('mocked')
    vi.spyOn(Object, 'keys').mockReturnValue(['mocked'])
    vi.spyOn(Reflect, 'get').mockReturnValue('mocked')

    const taken = [platform.JSON.parse('[1]'), platform.Object.keys({ a: 1 }), platform.Reflect.get({ a: 1 }, 'a')]
    vi.restoreAllMocks()

    expect(taken).toEqual([[1], ['a'], 1])
  })

  it('include the original Date and Promise', async () => {
    vi.useFakeTimers()
    const time = new platform.Date().getTime()
    vi.useRealTimers()

    expect(Math.abs(time - Date.now())).toBeLessThan(60_000)
    expect((async () => {})()).toBeInstanceOf(platform.Promise)
  })
})

describe('emitWarning', () => {
  it('shortens a long message, and does not throw if warnings cannot be emitted', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {
      throw new Error('frozen')
    })

    platform.emitWarning('x'.repeat(10_000), { code: 'OSPROFILER_TEST' })

    const [message] = emit.mock.calls[0] ?? []
    expect(String(message).length).toBeLessThanOrEqual(2_000)
    expect(emit.mock.calls[1]?.[0]).toMatchObject({ name: 'Warning', code: 'OSPROFILER_TEST' })
  })
})
