import type { TraceRecord } from '@osprofiler/core'
import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { account, why } from './make-account.js'
import { makeTrace, type Point, query, served } from './make-trace.js'

const step: Point = { id: 'step', ...query('SELECT 1'), from: 10_000, to: 40_000 }

describe('the hint about time with nothing recorded', () => {
  it('says how to record the time', () => {
    expect(sentences('hint', ...request(step))).toEqual([
      `No record says what "GET /orders" in orders did in its own time: put withTrace() around its steps, or record its framework's layers (instruments: ['+express'], +koa or +fastify)`,
    ])
  })

  it('does not suggest to record the layers of the framework if they are recorded', () => {
    const layer: Point = { id: 'layer', name: 'koa', info: { layer: { name: 'session' } }, from: 0, to: 1_000 }

    expect(sentences('hint', ...request(layer, step))).toEqual([
      'No record says what "GET /orders" in orders did in its own time: put withTrace() around its steps, and around calls of libraries that have no instrument',
    ])
  })

  it('names libraries whose queries are not recorded', () => {
    const unrecorded: Point = { ...step, id: 'other', stopInfo: { unrecorded: ['pg', 7, '', 'mysql2'] } }

    expect(sentences('hint', ...request(step, unrecorded))).toEqual([
      'No record says what "GET /orders" in orders did in its own time: perhaps it made queries with pg and mysql2, which are not recorded: set OSPROFILER_TRACE_SQL=statements',
    ])
  })

  it('is given once per trace, for the longest unexplained time', () => {
    const second = { id: 'second', ...served('/items'), service: 'items', from: 40_000, to: 85_000 }

    expect(find('hint', ...request(step, second))).toMatchObject([{ traceIds: ['second'], count: 1 }])
  })

  it.each<[string, readonly Point[]]>([
    ['steps explain nearly all of the time', request({ ...step, from: 5_000, to: 95_000 })],
    ['a query took nearly all of the time', request({ ...step, from: 1_000, to: 99_000 })],
    [
      'points are known to be missing',
      request({ ...step, stopInfo: { points_omitted: 7 } }).map(point =>
        point.id === 'request' ? { ...point, stopInfo: { points_omitted: 7 } } : point,
      ),
    ],
    ['the point is not a served request', [{ id: 'job', from: 0, to: 100_000 }]],
  ])('is not given if %s', (_, points) => {
    expect(find('hint', ...points)).toEqual([])
  })

  it.each([['pg'], 'pg', {}, null, 7])('accepts %o as the list of libraries without throwing', unrecorded => {
    expect(find('hint', ...request({ ...step, stopInfo: { unrecorded } }))).toHaveLength(1)
  })
})

describe('the hint to request an account', () => {
  const asked: Point = {
    ...served('/'),
    id: 'asked',
    service: 'orders',
    from: 0,
    to: 200_000,
    stopInfo: { points: {} },
  }

  function hints(...records: readonly TraceRecord[]): string[] {
    const findings = summarize(buildReport([...makeTrace(asked), ...records]))
    return findings.filter(({ kind }) => kind === 'hint').map(({ sentence }) => sentence)
  }

  it('is given if the service counts its points, and no account was requested', () => {
    expect(hints()).toEqual([
      'No record says what "GET /" in orders did in its own time. Ask why: osprofiler run ... --why=cpu (the service must allow it: OSPROFILER_WHY=cpu)',
    ])
  })

  it('is given if the account has the level waits, because an account of the level cpu would explain more', () => {
    expect(hints(...account(asked, why([], [], { level: 'waits' })))).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['recorded everything', why([], [])],
    ['recorded as much as it allows', why([], [], { level: 'waits', asked: 'cpu', because: 'setting' })],
    ['refused', { version: 1, refused: 'busy', asked: 'cpu' }],
  ])('is not given if the service %s', (_, info) => {
    expect(hints(...account(asked, info))).toEqual([])
  })
})
