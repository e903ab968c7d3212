import { describe, expect, it } from 'vitest'
import type { ReceivedBody, SentBody } from '../src/analysis/http/bodies.js'
import type { OpenedConnections } from '../src/analysis/http/connections.js'
import { describeConnections, describeReceivedBody, describeSentBody } from '../src/findings/http-sentences.js'
import { createQuote } from '../src/findings/phrases.js'
import type { TimeFinding } from '../src/findings/time-sentences.js'
import type { ReportNode } from '../src/tree/report.js'
import { loop, reportOf } from './find.js'
import { sent, served } from './make-trace.js'

const quote = createQuote(80)
const CODE = { code: { file: 'src/a.ts', line: 5 } }

function sentenceOf({ toSentence }: TimeFinding): string {
  return toSentence('50 % of this request', '10.0 ms')
}

/** Returns requests that were sent from one line. */
function requests(count: number): readonly ReportNode[] {
  const { info, name = 'http' } = sent('db', 80, '/')
  return reportOf(...loop(count, from => ({ name, info: { ...info, ...CODE }, from, to: from + 1 }))).points
}

describe('describeConnections', () => {
  function describeOpened(count: number, more: Partial<OpenedConnections> = {}): TimeFinding {
    const times = { totalUs: 10_000, dnsUs: 0, tcpUs: 0, tlsUs: 0, isReuseMissing: false }
    return describeConnections({ nodes: requests(count), target: 'db:81', ...times, ...more })
  }
  const dns = { dnsUs: 750, tcpUs: 150, tlsUs: 100 }

  it('names the target, the service and the line of one request', () => {
    const finding = describeOpened(1)

    expect(finding).toMatchObject({ kind: 'connecting', totalUs: 10_000, isSelfTime: true, isPattern: false })
    expect(sentenceOf(finding)).toBe('50 % of this request is connecting to db:81 in api, from src/a.ts:5 (10.0 ms)')
  })

  it('counts the connections of several requests', () => {
    expect(sentenceOf(describeOpened(1_200))).toBe(
      '50 % of this request is connecting: 1,200 requests in api opened 1,200 connections to db:81, from src/a.ts:5 (10.0 ms)',
    )
  })

  it('asks about keep-alive, even if most of the time is DNS', () => {
    const finding = describeOpened(3, { isReuseMissing: true, ...dns })

    expect(finding.isPattern).toBe(true)
    expect(sentenceOf(finding)).toBe(
      '50 % of this request is connecting: 3 requests in api opened 3 connections to db:81, from src/a.ts:5; is keep-alive off? (10.0 ms, mostly DNS)',
    )
  })

  it('is about resolving the host name if at least three quarters of the time are DNS', () => {
    expect(sentenceOf(describeOpened(1, dns))).toBe(
      '50 % of this request is resolving db:81 in api, from src/a.ts:5 (10.0 ms)',
    )
    expect(sentenceOf(describeOpened(2, dns))).toBe(
      '50 % of this request is resolving db:81 in api, 2 times, from src/a.ts:5 (10.0 ms)',
    )
    expect(sentenceOf(describeOpened(1, { ...dns, dnsUs: 749 }))).toMatch(/is connecting .* \(10\.0 ms, mostly DNS\)$/)
  })

  it.each([
    [0, 600, 400, '(10.0 ms, mostly TCP)'],
    [0, 400, 600, '(10.0 ms, mostly TLS)'],
    [0, 599, 401, '(10.0 ms)'],
    [0, 0, 0, '(10.0 ms)'],
  ])('names the part that took at least 60 %% of the time (DNS %i, TCP %i, TLS %i)', (dnsUs, tcpUs, tlsUs, end) => {
    expect(sentenceOf(describeOpened(1, { dnsUs, tcpUs, tlsUs })).endsWith(end)).toBe(true)
  })

  it('names no service if it is not known, and shortens long names', () => {
    const [node] = requests(1)
    const nodes = node === undefined ? [] : [{ ...node, service: undefined }]
    const long = 'x'.repeat(100)

    expect(sentenceOf(describeOpened(1, { nodes }))).toContain('connecting to db:81, from')
    expect(sentenceOf(describeOpened(1, { target: long }))).toContain(`connecting to ${long.slice(0, 77)}... in api`)
  })
})

describe('describeReceivedBody', () => {
  const [node] = requests(1)
  const [callee] = reportOf({ id: 'callee', service: 'items', ...served('/x'), from: 0, to: 1 }).points
  if (node === undefined || callee === undefined) throw new Error('no point')
  const body: ReceivedBody = {
    ...{ node, firstByteUs: 2_000, bodyUs: 8_000, ownUs: 8_000, busyUs: undefined, sender: undefined },
  }
  const start =
    '50 % of this request is the response body of "GET db:80/" in api, from src/a.ts:5: first byte after 2.00 ms, then 8.00 ms of body'
  const describeWith = (more: Partial<ReceivedBody>): string =>
    sentenceOf(describeReceivedBody({ ...body, ...more }, quote))

  it('says when the body arrived, and names no cause without records of one', () => {
    expect(describeReceivedBody(body, quote)).toMatchObject({ kind: 'body', totalUs: 8_000, isSelfTime: true })
    expect(describeWith({})).toBe(start)
  })

  it('names the callee that wrote the body quickly, and otherwise blames the network or the caller', () => {
    expect(describeWith({ sender: { node: callee, maxUs: 500 } })).toBe(
      `${start}; "GET /x" in items wrote it in 500 µs at most, and the network or api is slow`,
    )
  })

  it('says that the caller was busy, and then does not blame the network', () => {
    expect(describeWith({ busyUs: 6_000 })).toBe(`${start}; api was busy for 6.00 ms meanwhile`)
    expect(describeWith({ busyUs: 6_000, sender: { node: callee, maxUs: 0 } })).toBe(
      `${start}; "GET /x" in items wrote it in 0 µs at most, and api was busy for 6.00 ms meanwhile`,
    )
  })

  it('speaks of the caller if its service is not known', () => {
    expect(describeWith({ node: { ...node, service: undefined }, busyUs: 6_000 })).toMatch(
      /; the caller was busy for 6\.00 ms meanwhile$/,
    )
  })

  it("adds the finding's time if other points explain a part of the body's time", () => {
    expect(describeWith({ ownUs: 7_999 })).toBe(`${start} (10.0 ms)`)
  })
})

describe('describeSentBody', () => {
  const [node] = reportOf({ id: 'a', ...served('/export'), from: 0, to: 10_000 }).points
  if (node === undefined) throw new Error('no point')
  const body: SentBody = {
    ...{ node, firstByteUs: 2_000, bodyUs: 8_000, ownUs: 8_000, bytes: undefined, writtenUs: undefined },
  }
  const start =
    '50 % of this request is the response body of "GET /export" in api: first byte after 2.00 ms, then 8.00 ms'
  const describeWith = (more: Partial<SentBody>): string => sentenceOf(describeSentBody({ ...body, ...more }, quote))

  it('names the size of the body if it is known', () => {
    expect(describeWith({})).toBe(`${start} of body`)
    expect([0, 1, 48_000_000].map(bytes => describeWith({ bytes }))).toEqual([
      `${start} for 0 bytes`,
      `${start} for 1 byte`,
      `${start} for 48.0 MB`,
    ])
  })

  it('blames the network or the client if the program wrote the body quickly', () => {
    expect(describeWith({ bytes: 9, writtenUs: 0, ownUs: 5_000 })).toBe(
      `${start} for 9 bytes; the program wrote it in 0 µs, so the network or the client is slow (10.0 ms)`,
    )
  })
})
