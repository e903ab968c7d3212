import { describe, expect, it } from 'vitest'
import { waitAtMost } from '../src/promises/wait-at-most.js'
import { collectWarnings } from './fixtures/collect-warnings.js'

/** Returns the number of timers that keep the process alive. */
function countTimers(): number {
  return process.getActiveResourcesInfo().filter(type => type === 'Timeout').length
}

describe('waitAtMost', () => {
  it('resolves to the value of the promise, and stops its timer', async () => {
    const before = countTimers()

    const waited = waitAtMost(Promise.resolve('value'), 60_000)
    const during = countTimers()
    const value = await waited

    expect(value).toBe('value')
    expect([during - before, countTimers() - before]).toEqual([1, 0])
  })

  it('rejects like the promise, and stops its timer', async () => {
    const before = countTimers()

    const outcome = await waitAtMost(Promise.reject(new Error('refused')), 60_000).catch(
      (error: Error) => error.message,
    )

    expect([outcome, countTimers() - before]).toEqual(['refused', 0])
  })

  it.each([1, 0, -5, Number.NaN])(
    'resolves to undefined if the promise takes longer than the timeout of %d ms',
    async ms => {
      expect(await waitAtMost(new Promise(() => {}), ms)).toBeUndefined()
    },
  )

  it('resolves to the value of a settled promise even without time', async () => {
    expect(await waitAtMost(Promise.resolve('value'), 0)).toBe('value')
  })

  it('handles a rejection that comes after the timeout', async () => {
    let reject: (reason: Error) => void = () => {}
    const promise = new Promise<string>((_, refuse) => {
      reject = refuse
    })
    const unhandled: unknown[] = []
    const listen = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listen)

    const value = await waitAtMost(promise, 1)
    reject(new Error('too late'))
    await new Promise(setImmediate)
    process.off('unhandledRejection', listen)

    expect([value, unhandled]).toEqual([undefined, []])
  })

  it('waits for the promise if the timeout is longer than Node supports', async () => {
    const warnings = await collectWarnings()
    let resolve: (value: string) => void = () => {}
    const promise = new Promise<string>(accept => {
      resolve = accept
    })

    // Node runs timers of equal length in their order, so a timeout that Node shortens to 1 ms would end first.
    const waited = [Number.POSITIVE_INFINITY, 2 ** 40].map(ms => waitAtMost(promise, ms))
    setTimeout(() => resolve('value'), 1)

    expect(await Promise.all(waited)).toEqual(['value', 'value'])
    expect(warnings).toEqual([])
  })

  it('accepts any thenable, and rejects if its then() throws', async () => {
    const broken = Object.defineProperty({}, 'then', {
      get: () => {
        throw new Error('broken')
      },
    })
    const thenable: PromiseLike<string> = Object.defineProperty({}, 'then', {
      value: (resolve: (value: string) => void) => resolve('value'),
    }) as never
    const before = countTimers()

    const value = await waitAtMost(thenable, 60_000)
    const outcome = await waitAtMost(broken as PromiseLike<string>, 60_000).catch((error: Error) => error.message)

    expect([value, outcome, countTimers() - before]).toEqual(['value', 'broken', 0])
  })
})
