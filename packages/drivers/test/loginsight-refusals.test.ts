import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expectAll, expectFailure, expectOthers } from './refused-records.js'
import { type LogInsightStandIn, startLogInsight } from './stand-ins/loginsight.js'
import { toLoginsightUrl } from './stand-ins/loginsight-url.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-loginsight-'))
let server: LogInsightStandIn
beforeAll(async () => {
  server = await startLogInsight(folder)
})
afterEach(() => {
  server.intercept = undefined
})
afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

/** Makes the server answer a write with this status if the body of the write contains `word`. */
function answer(status: number, word = ''): void {
  server.intercept = (_, path, body) =>
    path.includes('/ingest/') && body.includes(word) ? { status, body: {} } : undefined
}

describe('a process that writes to Log Insight gets a warning and keeps all records if', () => {
  it('the password is wrong', async () => {
    await expectFailure(toLoginsightUrl(server).replace(/:[^:@]*@/, ':wr0ng@'), /refused the login.*401/)
  })

  it('the certificate is not trusted', async () => {
    await expectFailure(toLoginsightUrl(server).replace(/\?.*/, ''), /certificate/)
  })

  it.each([
    [401, /the user and the password/],
    [403, /Allow this user to send events/],
    [404, /the host and the port/],
    [302, /answered 302/],
    [429, /answered 429/],
    [503, /answered 503/],
  ])('the server answers %i to every request', async (status, words) => {
    answer(status)

    await expectFailure(toLoginsightUrl(server), words)
  })
})

describe('Log Insight keeps the other records of a batch if one record', () => {
  it.each([
    ['has half a surrogate pair in its project', { project: '\udc00' }],
    ['has an invalid timestamp', { timestamp: 'never' }],
    ['is larger than a request may be', { info: { text: '漢'.repeat(1_400_000) } }],
  ])('%s', async (_, culprit) => {
    const { stats } = await expectOthers(toLoginsightUrl(server), [culprit])

    expect(stats).toMatchObject({ dropped: 1, unknown: 0 })
  })

  it('makes the batch larger than a request may be (that record is kept, too)', async () => {
    const large = { info: { text: '漢'.repeat(600_000) } }

    await expectAll(toLoginsightUrl(server), [large, {}, large, large, large], { batchBytes: 100_000_000 })
  })

  it.each([400, 413])('is answered with %i on each try', async status => {
    answer(status, 'unloved')

    const { stats } = await expectOthers(toLoginsightUrl(server), [{ service: 'unloved' }, { service: 'unloved' }])

    expect(stats).toMatchObject({ dropped: 2, unknown: 0 })
  })

  it.each([429, 503])('is answered with %i on each try', async status => {
    answer(status, 'unloved')
    const large = { info: { text: 'x'.repeat(3_900_000) }, service: 'unloved' }

    const { stats, warnings } = await expectOthers(toLoginsightUrl(server), [large, large])

    expect(stats).toMatchObject({ dropped: 2, unknown: 0 })
    expect(warnings.map(({ code }) => code)).toContain('OSPROFILER_RECORDS_DROPPED')
  })
})

describe('loginsight://, after a part of a request failed,', () => {
  it('sends no event to Log Insight twice', async () => {
    let requests = 0
    server.intercept = (_, path) => {
      if (!path.includes('/ingest/')) return undefined
      requests++
      if (requests === 1) return { status: 413, body: {} }
      return requests === 3 ? { status: 503, body: {} } : undefined
    }

    await expectAll(toLoginsightUrl(server), [{}, {}, {}, {}])
  })
})
