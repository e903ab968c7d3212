import { OsprofilerError } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeTrace, readAll } from './make-record.js'
import { expectAll, expectFailure, expectOthers } from './refused-records.js'
import { decodeDocument } from './stand-ins/bson-elements.js'
import { type MongodbStandIn, startMongodb } from './stand-ins/mongodb.js'

const credentials = { username: 'tracer', password: 's3cret' }
const OPTIONS = 'serverSelectionTimeoutMS=500&connectTimeoutMS=500'

let server: MongodbStandIn
let guarded: MongodbStandIn
beforeAll(async () => {
  server = await startMongodb()
  guarded = await startMongodb({ credentials })
  return async () => {
    await server.kill()
    await guarded.kill()
  }
})
afterEach(() => {
  server.intercept = undefined
})

const storeUrl = (options = '') => `mongodb://127.0.0.1:${server.port}/?${OPTIONS}${options}`

/** Makes the server refuse documents named "bad" with this error, and store all other documents. */
function answerBad(failure: { readonly code: number; readonly errmsg: string }): void {
  server.intercept = ({ name, documents }) => {
    if (name !== 'insert') return undefined
    const isBad = documents.map(document => decodeDocument(document).name === 'bad')
    server.database.collection('osprofiler.profiler').insert(
      documents.filter((_, at) => !isBad[at]),
      false,
    )
    const writeErrors = isBad.flatMap((bad, index) => (bad ? [{ index, ...failure }] : []))
    return { n: documents.length - writeErrors.length, ok: 1, ...(writeErrors.length > 0 && { writeErrors }) }
  }
}

describe('a process that writes to MongoDB gets a warning and keeps all records if', () => {
  it('the password is wrong', async () => {
    await expectFailure(
      `mongodb://tracer:wr0ng@127.0.0.1:${guarded.port}/?authSource=admin`,
      /[Aa]uthentication failed/,
    )
  })

  it('the server does not speak TLS', async () => {
    await expectFailure(storeUrl('&tls=true'), /cannot be used/)
  })

  it.each([
    [13, 'not authorized on osprofiler to execute command'],
    [14031, 'no space left'],
    [10107, 'not primary'],
  ])('the server answers every batch with code %i', async (code, errmsg) => {
    server.intercept = ({ name }) => (name === 'insert' ? { ok: 0, code, errmsg } : undefined)

    await expectFailure(storeUrl(), new RegExp(errmsg))
  })
})

describe('MongoDB keeps the other records of a batch if one record', () => {
  it.each([
    ['has half a surrogate pair in its project', { project: '\udc00' }],
    ['has an invalid timestamp', { timestamp: 'never' }],
    ['is larger than a document may be', { info: { text: 'x'.repeat(17_000_000) } }],
  ])('%s', async (_, culprit) => {
    const { stats, warnings } = await expectOthers(storeUrl(), [culprit])

    expect(stats).toMatchObject({ dropped: 1, unknown: 0 })
    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_RECORDS_DROPPED'])
  })

  it('has NUL, half a surrogate pair and operators in its info (that record is kept, too)', async () => {
    await expectAll(storeUrl(), [{}, { info: { 'a\0': '\ud800', $where: 1, _bsontype: 'ObjectId' } }, {}])
  })

  it.each([
    [121, 'Document failed validation'],
    [112, 'WriteConflict'],
    [14031, 'no space left'],
  ])('is answered with code %i on each try', async (code, errmsg) => {
    answerBad({ code, errmsg })

    const { stats, warnings } = await expectOthers(storeUrl(), [{ name: 'bad' }, { name: 'bad' }])

    expect(stats).toMatchObject({ dropped: 2, unknown: 0 })
    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_RECORDS_DROPPED'])
  })
})

describe('a MongoDB driver that has lost the answer to a batch', () => {
  it('writes no document twice if the batch is then written in parts', async () => {
    const driver = openDriver(storeUrl())
    const trace = makeTrace(4)
    server.intercept = command => {
      if (command.name !== 'insert') return undefined
      server.database.answer(command, { authenticated: true, conversation: undefined })
      server.intercept = undefined
      return { ok: 0, code: 91, codeName: 'ShutdownInProgress', errmsg: 'the server is shutting down' }
    }

    await expect(driver.write(trace)).rejects.toBeInstanceOf(OsprofilerError)
    for (const half of [trace.slice(0, 2), trace.slice(2)]) await driver.write(half)

    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    await driver.close()
  })
})
