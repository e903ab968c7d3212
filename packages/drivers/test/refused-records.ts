import {
  createNotifier,
  type Driver,
  type NotifierOptions,
  type NotifierStats,
  type TraceRecord,
} from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { expect, onTestFinished, vi } from 'vitest'
import { makeRecord, readAll } from './make-record.js'
import { ACTION_TIMEOUT_MS } from './notifier-load.js'

/** The process's warnings, and the notifier's counts. */
export interface Outcome {
  readonly warnings: readonly { readonly code: string | undefined; readonly message: string }[]
  readonly stats: NotifierStats
}

const SETTINGS = { flushAfter: 1, minBackoff: 5, maxBackoff: 20 }

/** Writes three records to a failing store, and waits for the process's warning. */
export async function writeToFailingStore(url: string): Promise<Outcome> {
  const { notifier, warnings } = openNotifier(url)

  for (let index = 0; index < 3; index++) notifier(makeRecord())
  await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(0), { timeout: 3 * ACTION_TIMEOUT_MS })

  return { warnings, stats: notifier.stats }
}

/** Expects a failing store to cause a warning that matches `words`, and to lose no record. */
export async function expectFailure(url: string, words: RegExp): Promise<void> {
  const { warnings, stats } = await writeToFailingStore(url)

  expect(warnings).toEqual([{ code: 'OSPROFILER_STORE_UNREACHABLE', message: expect.stringMatching(words) }])
  expect(warnings[0]?.message).not.toMatch(/s3cret|wr0ng/)
  expect(stats).toMatchObject({ emitted: 3, written: 0, dropped: 0, unknown: 0, queued: 3 })
}

/**
 * Writes records that the store never accepts, together with valid records of the same traces and of other traces.
 * Expects the store to contain all valid records.
 */
export async function expectOthers(
  url: string,
  culprits: readonly Partial<TraceRecord>[],
  options?: NotifierOptions,
): Promise<Outcome> {
  const { notifier, warnings, driver } = openNotifier(url, options)
  const others: TraceRecord[] = []
  const emit = (record: TraceRecord): void => {
    others.push(record)
    notifier(record)
  }

  for (let index = 0; index < 10; index++) emit(makeRecord())
  for (const culprit of culprits) {
    notifier(makeRecord({ base_id: others[0]?.base_id ?? '', ...culprit }))
    for (let index = 0; index < 5; index++) emit(makeRecord({ base_id: others[index % 2]?.base_id ?? '' }))
  }
  await notifier.flush(ACTION_TIMEOUT_MS)

  const found = new Set<string>()
  for (const baseId of new Set(others.map(({ base_id }) => base_id))) {
    for await (const records of driver.readRecords?.(baseId) ?? [])
      for (const { trace_id } of records) found.add(trace_id)
  }
  expect(found).toEqual(new Set(others.map(({ trace_id }) => trace_id)))
  expect(notifier.stats).toMatchObject({ written: others.length, queued: 0 })
  return { warnings, stats: notifier.stats }
}

/** Expects a store to accept all of these records, and to return them unchanged. */
export async function expectAll(
  url: string,
  members: readonly Partial<TraceRecord>[],
  options?: NotifierOptions,
): Promise<void> {
  const { notifier, driver } = openNotifier(url, options)
  const records = members.map(makeRecord)

  for (const record of records) notifier(record)
  await notifier.flush(ACTION_TIMEOUT_MS)

  await expectThere(driver, records)
  expect(notifier.stats).toMatchObject({ written: records.length, dropped: 0, unknown: 0 })
}

/** Expects the traces of these records to contain exactly these records. */
async function expectThere(driver: Driver, records: readonly TraceRecord[]): Promise<void> {
  const found: TraceRecord[] = []
  for (const baseId of new Set(records.map(({ base_id }) => base_id))) found.push(...(await readAll(driver, baseId)))
  const pointsOf = (list: readonly TraceRecord[]): string[] => list.map(({ trace_id }) => trace_id).sort()
  expect(pointsOf(found)).toEqual(pointsOf(records))
}

function openNotifier(url: string, options?: NotifierOptions) {
  const driver = openDriver(url)
  const notifier = createNotifier(driver, { ...SETTINGS, ...options })
  const warnings: { readonly code: string | undefined; readonly message: string }[] = []
  const listen = ({ code, message }: Error & { code?: string }): void => {
    // A warning of the previous test may arrive late, so warnings about other drivers are ignored.
    if (code?.startsWith('OSPROFILER_') && message.includes(`(${driver.name})`)) warnings.push({ code, message })
  }
  process.on('warning', listen)
  onTestFinished(async () => {
    process.off('warning', listen)
    await notifier.close(1)
    await driver.close(1_000)
  })
  return { driver, notifier, warnings }
}
