import { beforeEach, describe, expect, it } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'
import { createShopRecords, storeRecords } from './cli-records.js'

const TRACE = '0199c0de-7000-7abc-8def-0123456789ab'

let store: string

beforeEach(async () => {
  store = `sqlite:///${makeDirectory()}/traces.db`
  const records = createShopRecords()
  await storeRecords(
    store,
    records.map(record => ({ ...record, timestamp: record.timestamp.replace('2026', '2024') })),
  )
  await storeRecords(
    store,
    records.map(record => ({ ...record, base_id: 'young\u001b[2J' })),
  )
})

async function listIds(...args: string[]): Promise<string[]> {
  const { stdout } = await osprofiler(['trace', 'list', '--json', '--connection-string', store, ...args])
  return JSON.parse(stdout).map(({ base_id }: { base_id: string }) => base_id)
}

describe('osprofiler trace delete', () => {
  it('removes only the named trace', async () => {
    const outcome = await osprofiler(['trace', 'delete', TRACE, '--connection-string', store])

    expect(outcome).toEqual({ code: 0, stdout: `Removed ${TRACE}: 18 records.\n`, stderr: '' })
    expect(await listIds()).toEqual(['young\u001b[2J'])
  })

  it('removes existing traces, and exits with 1 if any other trace is missing', async () => {
    const outcome = await osprofiler(['trace', 'delete', 'nowhere', 'young\u001b[2J', '--connection-string', store])

    expect(outcome.code).toBe(1)
    expect(outcome.stdout).toContain('Removed young')
    expect(outcome.stdout).not.toContain('\u001b')
    expect(outcome.stdout).toMatch(/Not in the store sqlite:.*: nowhere\.\n$/)
    expect(await listIds()).toEqual([TRACE])
  })

  it('treats a pattern as a plain id', async () => {
    const outcome = await osprofiler(['trace', 'delete', '*', '%', '--connection-string', store])

    expect(outcome.code).toBe(1)
    expect(await listIds()).toHaveLength(2)
  })
})

describe('a store that does not support an operation', () => {
  it.each([
    [['delete', 'x'], 'otlp://127.0.0.1', 'Traces cannot be removed from the store otlp://.'],
    [['prune', '--older-than', '7d'], 'ceilometer://token@127.0.0.1', 'Traces cannot be removed'],
    [['list'], 'ceilometer://token@127.0.0.1', 'The traces of the store ceilometer:// cannot be listed.'],
    [['list'], 'otlp://127.0.0.1', 'The store otlp:// cannot be read.'],
    [['show', 'x'], 'otlp://127.0.0.1', 'The store otlp:// cannot be read.'],
    [['list'], 'messaging://token@127.0.0.1?rabbit_quorum_queue=1', 'Its queue is a quorum queue'],
    [['delete', 'x'], 'messaging://token@127.0.0.1?rabbit_quorum_queue=1', 'Its queue is a quorum queue'],
    [['list'], 'messaging', 'write "messaging://", not "messaging".'],
  ])('is reported for %j', async (args, connectionString, message) => {
    const outcome = await osprofiler(['trace', ...args, '--connection-string', connectionString])

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toContain(message)
    expect(outcome.stderr).not.toContain('token')
  })
})

describe('osprofiler trace prune', () => {
  it('removes traces that are older than a given date', async () => {
    const prune = (date: string) => osprofiler(['trace', 'prune', '--older-than', date, '--connection-string', store])

    const early = await prune('2023-01-01')
    const late = await prune('2025-01-01')

    expect(early.stdout).toBe('Removed 0 traces that had no record after 2023-01-01 00:00:00 UTC.\n')
    expect(late.stdout).toBe('Removed 1 trace that had no record after 2025-01-01 00:00:00 UTC.\n')
    expect(await listIds()).toEqual(['young\u001b[2J'])
  })

  it('removes nothing without --older-than', async () => {
    const untold = await osprofiler(['trace', 'prune', '--connection-string', store])
    const misspelt = await osprofiler(['trace', 'prune', '--older-than', '7 dogs', '--connection-string', store])

    expect([untold.code, misspelt.code]).toEqual([1, 1])
    expect(untold.stderr).toContain('--older-than')
    expect(misspelt.stderr).toContain('Give 90s, 30m, 1h, 2d, 1w')
    expect(await listIds()).toHaveLength(2)
  })
})

describe('osprofiler trace list', () => {
  it('shows traces with timestamps in the far future last, and prune removes them', async () => {
    await storeRecords(
      store,
      createShopRecords().map(record => ({
        ...record,
        base_id: 'made-up',
        timestamp: record.timestamp.replace('2026', '9998'),
      })),
    )

    expect(await listIds()).toEqual(['young\u001b[2J', TRACE, 'made-up'])
    await osprofiler(['trace', 'prune', '--older-than', '2023-01-01', '--connection-string', store])
    expect(await listIds()).toEqual(['young\u001b[2J', TRACE])
  })

  it('filters by service and by the name of the first point', async () => {
    expect(await listIds('--service', 'gateway')).toHaveLength(2)
    expect(await listIds('--service', 'nobody')).toEqual([])
    expect(await listIds('--name', 'wsgi', '--limit', '1')).toEqual(['young\u001b[2J'])
    expect(await listIds('--name', 'wsg*')).toEqual([])
  })
})
