import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { onTestFinished } from 'vitest'

/** An embedded store that exists until the running test ends. */
export interface TemporaryStore {
  readonly connectionString: string
  /** The folder of the store's file. It is empty until something writes a file. */
  readonly directory: string
  exists(): boolean
  /** Returns the records of all traces, as read by a separate driver. */
  records(): Promise<TraceRecord[]>
}

export function temporaryStore(): TemporaryStore {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-node-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const connectionString = `sqlite:///${join(directory, 'traces.db')}`
  return {
    connectionString,
    directory,
    exists: () => existsSync(join(directory, 'traces.db')),
    async records() {
      const driver = openDriver(connectionString)
      try {
        const records: TraceRecord[] = []
        for (const { base_id } of (await driver.listTraces?.({ limit: 1_000 })) ?? []) {
          for await (const batch of driver.readRecords?.(base_id) ?? []) records.push(...batch)
        }
        return records
      } finally {
        await driver.close()
      }
    },
  }
}
