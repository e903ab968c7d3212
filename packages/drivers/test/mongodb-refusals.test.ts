import { openDriver } from '@osprofiler/drivers'
import { BSON } from 'mongodb'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeRecord } from './make-record.js'
import { type MongodbStandIn, startMongodb } from './stand-ins/mongodb.js'
import type { Command } from './stand-ins/mongodb-commands.js'

let server: MongodbStandIn
beforeEach(async () => {
  server = await startMongodb()
})
afterEach(() => server.kill())

const warnings: (Error & { code?: string })[] = []
const remember = (warning: Error): void => void warnings.push(warning)
beforeEach(() => {
  warnings.length = 0
  process.on('warning', remember)
})
afterEach(() => {
  process.off('warning', remember)
})

function open(options: string) {
  const driver = openDriver(`mongodb://127.0.0.1:${server.port}/${options}`)
  onTestFinished(() => driver.close())
  return driver
}

const records = () => server.database.collection('osprofiler.profiler')
const keys = (command: Command) => (command.values.indexes as { key: object }[]).map(({ key }) => Object.keys(key)[0])

describe('an index that MongoDB refuses', () => {
  it.each([
    ['base_id', 67, 'CannotCreateIndex', ['timestamp', 'expires_at']],
    ['timestamp', 85, 'IndexOptionsConflict', ['base_id', 'expires_at']],
    ['expires_at', 238, 'NotImplemented', ['base_id', 'timestamp']],
  ])('affects neither the other indexes nor the records (index on %s)', async (refused, code, codeName, others) => {
    server.intercept = command =>
      command.name === 'createIndexes' && keys(command).includes(refused)
        ? { ok: 0, code, codeName, errmsg: 'no such index here' }
        : undefined
    const driver = open('?ttl=7d')

    const results = [await driver.write([makeRecord()]), await driver.write([makeRecord()])]
    await vi.waitFor(() => expect(warnings).not.toEqual([]), { timeout: 5_000 })

    expect(results).toEqual([{ refused: 0 }, { refused: 0 }])
    expect(records().indexes.map(({ key }) => Object.keys(key)[0])).toEqual(expect.arrayContaining(others))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ code: 'OSPROFILER_INDEX_REFUSED' })
    expect(warnings[0]?.message).toContain(`127.0.0.1:${server.port}`)
    expect(warnings[0]?.message).toContain(refused)
    expect(warnings[0]?.message).toContain(codeName)
  })

  it('causes only one warning, even if the server refuses all indexes', async () => {
    server.intercept = ({ name }) =>
      name === 'createIndexes' ? { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' } : undefined
    const driver = open('')

    await driver.write([makeRecord()])
    await vi.waitFor(() => expect(warnings).not.toEqual([]), { timeout: 5_000 })
    await driver.write([makeRecord()])

    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message.match(/Unauthorized/g)).toHaveLength(3)
  })
})

describe('the option replicaSet, if its value is not the name of the replica set,', () => {
  const hello = (setName: string | undefined) => ({
    ok: 1,
    isWritablePrimary: true,
    ismaster: true,
    ...(setName === undefined
      ? {}
      : { setName, hosts: [`127.0.0.1:${server.port}`], me: `127.0.0.1:${server.port}`, setVersion: 1 }),
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    minWireVersion: 0,
    maxWireVersion: 21,
    electionId: new BSON.ObjectId(),
  })

  it.each([
    ['rs0', 'a member of the replica set "rs0"'],
    [undefined, 'not a member of a replica set; leave out the option'],
  ])('makes calls fail with an explanation (the server reports the name: %s)', async (setName, message) => {
    server.intercept = ({ name }) => (/^(?:hello|ismaster)$/i.test(name) ? hello(setName) : undefined)
    const driver = open('?replicaSet=rs9')

    const outcomes = await Promise.allSettled([driver.write([makeRecord()]), driver.listTraces?.()])

    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE' } })
      expect(outcome).toMatchObject({ reason: { message: expect.stringContaining('replicaSet=rs9') } })
      expect(outcome).toMatchObject({ reason: { message: expect.stringContaining(message) } })
    }
  })
})
