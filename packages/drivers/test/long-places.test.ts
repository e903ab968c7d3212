import { createNotifier, type Driver, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, vi } from 'vitest'
import { makeRecord } from './make-record.js'

const LONG = 'x'.repeat(100_000)
const HOSTED = ['redis', 'redissentinel', 'postgresql', 'mysql', 'mongodb', 'messaging', 'elasticsearch', 'otlp']
const MANY = Array.from({ length: 5_000 }, (_, index) => `host-${index}`).join(',')

function messageOf(open: () => unknown): string {
  try {
    open()
    return ''
  } catch (error) {
    return String(error)
  }
}

describe('an overlong connection string', () => {
  it.each(HOSTED)('is refused by %s:// with a short message if its host is longer than 255 characters', scheme => {
    const message = messageOf(() => openDriver(`${scheme}://${LONG}`))

    expect(message).toMatch(/a host in it is longer than 255 characters/)
    expect(message.length).toBeLessThan(400)
  })

  it.each(HOSTED)('is refused by %s:// if its path is longer than 1024 characters', scheme => {
    const message = messageOf(() => openDriver(`${scheme}://host/${LONG}`))

    expect(message).toMatch(/path is longer than 1024 characters/)
  })

  it.each(['redis', 'postgresql', 'mongodb', 'messaging', 'elasticsearch'])(
    'is shown with only its first five hosts if %s:// names 5,000 hosts',
    async scheme => {
      const driver = openDriver(`${scheme}://${MANY}`)

      expect(driver.location).toMatch(/^host-0.*,host-4.* and 4995 more\/?$/)
      await driver.close()
    },
  )

  it.each([
    ['sqlite', `sqlite:////${LONG}/traces.db`],
    ['file', `file:///${LONG}`],
  ])('is shortened in the errors of %s://', async (_, text) => {
    const driver = openDriver(text)

    const failure = await driver.write([makeRecord()]).catch(String)

    expect(failure).toMatch(/x…x/)
    expect(String(failure).length).toBeLessThan(1_000)
    await driver.close()
  })
})

describe('an overlong location of a custom driver', () => {
  it('is shortened in warnings', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const write = async (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code: LONG }))
    const driver: Driver = { name: 'mine', location: LONG, write, close: async () => undefined }
    const notifier = createNotifier(driver, { minBackoff: 1, maxBackoff: 1, flushAfter: 1 })

    notifier(makeRecord() as TraceRecord)

    await vi.waitFor(() => expect(warnings).toHaveBeenCalledOnce())
    expect(String(warnings.mock.calls[0]?.[0]).length).toBeLessThan(2_001)
    await notifier.close(10)
  })
})
