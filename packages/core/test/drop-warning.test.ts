import { expect, it, vi } from 'vitest'
import { createDropWarning } from '../src/delivery/losses/drop-warning.js'
import { collectWarnings } from './fixtures/collect-warnings.js'

const DRIVER = { name: 'test', write: async () => undefined, close: async () => {} }
const LIMITS = { maxRecords: 7, maxBytes: 3 * 1024 * 1024 }

it('a drop warning is emitted only once per cause until the queue is empty', async () => {
  const warnings = await collectWarnings()
  const warning = createDropWarning(DRIVER, LIMITS, () => false)

  warning.warnOfDrop('queue-full')
  warning.warnOfDrop('queue-full')
  warning.warnOfDrop('roots')
  warning.warnOfDrop('refused', 'The table is full.')

  await expect.poll(() => warnings.length).toBe(3)
  expect(warnings[0]?.message).toContain('7 records or 3 MiB wait for the store (test)')
  expect(warnings[2]?.message).toContain('refuses them. The table is full.')
})

it('a drop warning is emitted again after the queue was empty, but never if the program listens for drops', () => {
  const told = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const now = vi.spyOn(performance, 'now').mockReturnValue(0)
  const [warning, heard] = [false, true].map(isHeard => createDropWarning(DRIVER, LIMITS, () => isHeard))

  warning?.warnOfDrop('refused')
  heard?.warnOfDrop('refused')
  warning?.queueEmptied()
  now.mockReturnValue(60_000)
  warning?.warnOfDrop('refused')

  expect(told).toHaveBeenCalledTimes(2)
  vi.restoreAllMocks()
})
