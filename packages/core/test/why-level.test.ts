import { createNotifier, createTraceId, run, setNotifier, signedPack, type TraceRecord } from '@osprofiler/core'
import { signTicket } from '@osprofiler/core/toolkit'
import { afterEach, describe, expect, it } from 'vitest'
import { readWhyWish } from '../build/why/why-level.js'

describe('readWhyWish', () => {
  it.each([
    [['why=cpu'], 'cpu'],
    [['why=waits'], 'waits'],
    [['why=waits', 'why=cpu'], 'cpu'],
    [['why=cpu', 'why=waits@my-shop'], 'waits'],
    [['why=waits', 'why=cpu@my-shop'], 'cpu'],
    [['why=cpu@other'], undefined],
    [['answer', 'code'], undefined],
    [[], undefined],
  ])('finds in the wishes %j the level %s for the service "My Shop"', (wants, level) => {
    expect(readWhyWish(wants, () => 'My Shop')).toBe(level)
  })
})

describe('a trace that a custom adapter opens with a ticket', () => {
  afterEach(() => setNotifier(undefined))

  it('gets at most the level of account that this process allows', async () => {
    const records: TraceRecord[] = []
    const notifier = createNotifier({
      name: 'memory',
      write: async batch => void records.push(...batch),
      close: async () => undefined,
    })
    setNotifier(notifier)
    const baseId = createTraceId()
    const [info] = signedPack({ base_id: baseId }, 'KEY')
    const iat = Math.floor(Date.now() / 1_000)
    const ticket = signTicket({ key: 'KEY', info, iat, exp: iat + 60, points: 100, wants: ['why=cpu'] })
    await run({ hmacKey: 'KEY', baseId, ticket }, async () => undefined)
    await notifier.close()

    expect(records.find(({ name }) => name === 'why-start')?.info.why).toMatchObject({
      level: 'waits',
      asked: 'cpu',
      because: 'setting',
    })
  })
})
