import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, it } from 'vitest'
import { expectAll, expectFailure, expectOthers, writeToFailingStore } from './refused-records.js'
import { temporaryDirectory } from './temporary-directory.js'

describe('a process that writes to a local store gets a warning and keeps all records if', () => {
  it('the path of the SQLite file is a directory', async () => {
    const path = join(temporaryDirectory(), 'traces.db')
    mkdirSync(path)

    await expectFailure(`sqlite:///${path}`, /cannot be opened; check that it is a file/)
  })

  it('the file is not an SQLite database', async () => {
    const path = join(temporaryDirectory(), 'traces.db')
    writeFileSync(path, 'nothing that SQLite has written'.repeat(100))

    await expectFailure(`sqlite:///${path}`, /is not an SQLite database; name another file/)
  })

  it('the directory for the trace files is a file', async () => {
    const path = join(temporaryDirectory(), 'traces')
    writeFileSync(path, '')

    await expectFailure(`file://${path}`, /cannot be used: E(?:EXIST|NOTDIR)/)
  })
})

describe('SQLite keeps the other records of a batch if one record', () => {
  it.each([
    ['has a NUL in its name', { name: 'a\0b' }],
    ['has half a surrogate pair in its project', { project: '\udc00' }],
    ['has an invalid timestamp', { timestamp: 'never' }],
    ['is larger than a row may be', { info: { text: 'x'.repeat(110_000_000) } }],
  ])('%s', async (_, culprit) => {
    const { stats } = await expectOthers(`sqlite:///${join(temporaryDirectory(), 'traces.db')}`, [culprit])

    expect(stats).toMatchObject({ dropped: 1, unknown: 0 })
  })

  it('is refused by a unique index on each try', async () => {
    const path = join(temporaryDirectory(), 'traces.db')
    await expectAll(`sqlite:///${path}`, [{ trace_id: 'taken' }])
    const database = new DatabaseSync(path)
    database.exec('CREATE UNIQUE INDEX points ON data (trace_id, name)')
    database.close()

    const { stats, warnings } = await expectOthers(`sqlite:///${path}`, [{ trace_id: 'taken' }, { trace_id: 'taken' }])

    expect(stats).toMatchObject({ dropped: 2, unknown: 0 })
    expect(warnings).toEqual([
      { code: 'OSPROFILER_RECORDS_DROPPED', message: expect.stringContaining('unique indexes and constraints') },
    ])
  })
})

describe('a batch in which one record has an invalid timestamp', () => {
  it.each(['file', 'memory'])('loses only that record in a %s:// store', async scheme => {
    const place = scheme === 'file' ? temporaryDirectory() : 'refusals'

    const { stats } = await expectOthers(`${scheme}://${place}`, [{ timestamp: 'never' }])

    expect(stats).toMatchObject({ dropped: 1, unknown: 0 })
  })
})

describe('the read-only ceilometer://', () => {
  it('refuses a write, and says where to write instead', async () => {
    const { warnings, stats } = await writeToFailingStore('ceilometer://token@127.0.0.1:1')

    expect(warnings[0]?.message).toMatch(/is read-only. Write to messaging:\/\//)
    expect(stats.written).toBe(0)
  })
})
