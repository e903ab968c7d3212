import { OsprofilerError, type WriteResult } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { tryWrite } from '../src/driver/write-outcome.js'
import { recordOf } from './fixtures/quick-notifier.js'

const RECORDS = ['a', 'b', 'c'].map(id => recordOf(id))

function writeTo(write: () => unknown) {
  const driver = { name: 'test', write: async () => (await write()) as WriteResult, close: async () => {} }
  return tryWrite(driver, RECORDS)
}

describe('the outcome of a write', () => {
  it.each<[unknown, object]>([
    [undefined, { refused: 0, unknown: 0, held: [] }],
    [
      { refused: 2, reason: 'too large' },
      { refused: 2, reason: 'too large' },
    ],
    [
      { refused: 9, held: [2, 2, 7, -1, 'x'] },
      { refused: 2, held: [2] },
    ],
    [
      { refused: -1, unknown: 1.5, reason: 7 },
      { refused: 0, unknown: 0, reason: '' },
    ],
    ['done', { refused: 0, held: [] }],
  ])('is read from any result of a driver: %j', async (result, outcome) => {
    expect(await writeTo(() => result)).toMatchObject({ kind: 'taken', ...outcome })
  })

  it.each([
    ['ERR_WRITE_REFUSED', 'refused'],
    ['ERR_WRITE_UNCERTAIN', 'unknown'],
    ['ERR_STORE', 'failed'],
  ] as const)('follows from the code of an error: %s', async (code, kind) => {
    const error = new OsprofilerError(code, 'A sentence.')

    expect(await writeTo(() => Promise.reject(error))).toEqual({ kind, error, reason: expect.any(String) })
  })

  it.each(['held', 'unknown', 'refused', 'reason'])(
    'is unknown if reading the "%s" member of the result throws',
    async name => {
      const error = new Error('password=SEALED')
      const result = Object.defineProperty({}, name, {
        get: () => {
          throw error
        },
      })

      const outcome = await writeTo(() => result)

      expect(outcome).toEqual({ kind: 'unknown', error, reason: 'The result of the write cannot be read.' })
    },
  )

  it('has a reason that is a string, even if a second read of the result differs', async () => {
    const reasons = ['too large', Symbol('no text')]
    const result = {
      refused: 1,
      get reason() {
        return reasons.shift()
      },
    }

    expect(await writeTo(() => result)).toMatchObject({ kind: 'taken', reason: 'too large' })
  })

  it.each<[string, unknown]>([
    ["a library's error, whose message may contain a secret", new Error('password=SEALED')],
    ['undefined', undefined],
    [
      'an object that throws on every access',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      ),
    ],
  ])('is a failure if a driver throws %s', async (_, thrown) => {
    const outcome = await writeTo(() => Promise.reject(thrown))

    expect(outcome).toMatchObject({ kind: 'failed' })
    expect(outcome.reason).not.toContain('SEALED')
  })
})
