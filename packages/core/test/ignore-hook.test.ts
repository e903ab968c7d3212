import { createRequestTracer } from '@osprofiler/core/http'
import { createCallTracer, readCarrier } from '@osprofiler/core/rpc'
import { expect, it, vi } from 'vitest'
import { dropRecords } from './fixtures/drop-records.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

dropRecords()

it('a process warns once of an ignore function that throws, and once of an async ignore function', async () => {
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const fail = (): boolean => {
    throw new Error('TOPSECRET')
  }
  const answerLater = (async () => {
    throw new Error('TOPSECRET')
  }) as unknown as () => boolean

  const traced = [fail, answerLater, fail, answerLater].map(ignore =>
    serveFake(createRequestTracer('KEY', { ignore }), signedHeaders('KEY')),
  )
  const calls = createCallTracer('KEY', { ignore: answerLater })
  calls.open(readCarrier(signedHeaders('KEY')), {}, { function: { name: 'serve' } })?.end()

  const told = warnings.mock.calls.map(([message, options]) => [message, options])
  warnings.mockRestore()
  expect(traced).toEqual([true, true, true, true])
  expect(calls.stats.traced).toBe(1)
  expect(told).toEqual([
    [
      expect.stringMatching(/^The "ignore" function threw an error, so .*is traced\. .*synchronously/),
      { code: 'OSPROFILER_IGNORE' },
    ],
    [expect.stringMatching(/^The "ignore" function returned a promise/), { code: 'OSPROFILER_IGNORE' }],
  ])
})
