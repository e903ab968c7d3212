import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, reportOf, request, sentences } from './find.js'
import { makeTrace, type Point, query, sent, served } from './make-trace.js'

/** Returns a call of 80 ms whose response began after 12 ms. */
function call(times: Record<string, unknown> = {}): Point {
  const requests = { status_code: 200, first_byte_ms: 12, last_byte_ms: 80, busy_ms: 1, ...times }
  return { id: 'call', ...sent('items', 80, '/x'), stopInfo: { requests }, from: 10_000, to: 90_000 }
}

function callee(to: number, response: Record<string, unknown> = {}, host = 'vm'): Point {
  const stopInfo = { response: { status_code: 200, ...response } }
  return { id: 'callee', parent: 'call', service: 'items', host, ...served('/x'), stopInfo, from: 15_000, to }
}

describe('the finding about the response body of an outgoing request', () => {
  it('says when the first byte arrived, and how long the body took', () => {
    expect(find('body', ...request(call()))).toMatchObject([{ traceIds: ['call'], totalUs: 68_000, share: 0.68 }])
    expect(sentences('body', ...request(call()))).toEqual([
      '68 % of this request is the response body of "GET items:80/x" in orders: first byte after 12.0 ms, then 68.0 ms of body',
    ])
  })

  it('replaces the findings about the request itself, and about the time between the services', () => {
    const kinds = summarize(reportOf(...request(call(), callee(24_000)))).map(({ kind }) => kind)

    expect(kinds.filter(kind => ['slow', 'gap', 'hop', 'body'].includes(kind))).toEqual(['body', 'slow'])
  })

  it('says that the callee wrote the body much faster than the caller received it', () => {
    const [sentence] = sentences('body', ...request(call(), callee(24_000)))

    expect(sentence).toMatch(
      /68\.0 ms of body; "GET \/x" in items wrote it in 9\.00 ms at most, and the network or orders is slow$/,
    )
  })

  it("computes the callee's writing time from its first byte, so that a wrong clock does not matter", () => {
    const late = callee(65_000, { first_byte_ms: 47 }, 'other-host')

    expect(sentences('body', ...request(call(), late))[0]).toContain('wrote it in 3.00 ms at most')
  })

  it('says that the caller was busy', () => {
    expect(sentences('body', ...request(call({ busy_ms: 60 })))[0]).toMatch(/; orders was busy for 60\.0 ms meanwhile$/)
  })

  it("is absent if the callee was writing until the end, because the callee's point explains the time", () => {
    expect(find('body', ...request(call(), callee(89_000)))).toEqual([])
  })

  it('names no cause if the records show no cause', () => {
    expect(sentences('body', ...request(call(), callee(60_000)))[0]).toMatch(/68\.0 ms of body$/)
  })

  it('is absent if the program ran other steps before it read the body', () => {
    const step = { id: 'step', ...query('SELECT 1'), from: 25_000, to: 75_000 }

    expect(find('body', ...request(call(), step))).toEqual([])
  })

  it('is absent if the program ran other steps first, and some points between them have no start records', () => {
    const steps = [23_000, 28_000, 40_000, 41_000].map(from => ({
      ...{ id: `step${from}`, ...query('SELECT 1'), from, to: from + (from === 28_000 ? 45_000 : 10) },
    }))
    const lost = [35_000, 36_000, 37_000, 38_000, 39_000].map(to => ({ id: `lost${to}`, from: 0, to }))
    const records = makeTrace(...request(call(), ...steps, ...lost)).filter(
      ({ name, trace_id }) => !(trace_id.startsWith('lost') && name.endsWith('-start')),
    )

    expect(summarize(buildReport(records)).filter(({ kind }) => kind === 'body')).toEqual([])
  })

  it('is present even if another request ran at the same time', () => {
    expect(find('body', ...request({ ...call(), id: 'other', from: 9_000, to: 89_000 }, call()))).toHaveLength(2)
  })

  it.each<[string, Record<string, unknown>]>([
    ['the body was short', { first_byte_ms: 70 }],
    ['the body was not read', { last_byte_ms: undefined, unread: true }],
    ['the last byte came before the first one', { first_byte_ms: 80, last_byte_ms: 12 }],
    ['the times are longer than the request', { last_byte_ms: 8_000 }],
    ['the times are negative', { first_byte_ms: -12 }],
    ['the times are not numbers', { first_byte_ms: '12', last_byte_ms: {} }],
    ['the times are NaN', { first_byte_ms: Number.NaN, last_byte_ms: Number.POSITIVE_INFINITY }],
  ])('is absent if %s', (_, times) => {
    expect(find('body', ...request(call(times)))).toEqual([])
  })
})

describe('the finding about the response body of a served request', () => {
  function serving(response: unknown, ...steps: readonly Point[]): Point[] {
    return [
      { id: 'request', service: 'reports', ...served('/export'), stopInfo: { response }, from: 0, to: 100_000 },
      ...steps.map(step => ({ parent: 'request', service: 'reports', ...step })),
    ]
  }

  it('says when the first byte was written, how long the body took, and how large it is', () => {
    expect(sentences('body', ...serving({ first_byte_ms: 12, ended_ms: 99, body_bytes: 48_000_000 }))).toEqual([
      '88 % of this request is the response body of "GET /export" in reports: first byte after 12.0 ms, then 88.0 ms for 48.0 MB',
    ])
  })

  it('says that the program had written the body long before the response ended', () => {
    expect(sentences('body', ...serving({ first_byte_ms: 12, ended_ms: 14, body_bytes: 48_000_000 }))[0]).toMatch(
      /48\.0 MB; the program wrote it in 2\.00 ms, so the network or the client is slow$/,
    )
  })

  it('subtracts the steps that ran in the meantime', () => {
    const step = { id: 'step', ...query('SELECT 1'), from: 40_000, to: 70_000 }

    expect(sentences('body', ...serving({ first_byte_ms: 12 }, step))[0]).toMatch(/then 88\.0 ms of body \(58\.0 ms\)$/)
  })

  it('replaces the finding about the request itself', () => {
    const kinds = summarize(reportOf(...serving({ first_byte_ms: 12 }))).map(({ kind }) => kind)

    expect(kinds).toEqual(['body'])
  })

  it.each<[string, unknown]>([
    ['most of the time passed before the first byte', { first_byte_ms: 60 }],
    ['the time is longer than the request', { first_byte_ms: 600 }],
    ['the time is not a number', { first_byte_ms: [12] }],
    ['the time is not recorded', { status_code: 200 }],
    ['the response is a string', 'well'],
  ])('is absent if %s', (_, response) => {
    expect(find('body', ...serving(response))).toEqual([])
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '48', {}, null])(
    'leaves out the invalid size %o',
    body_bytes => {
      expect(sentences('body', ...serving({ first_byte_ms: 12, body_bytes }))[0]).toMatch(/88\.0 ms of body$/)
    },
  )
})
