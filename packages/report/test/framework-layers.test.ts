import { buildReport, createRepetitionKey, pointDetail, renderTree, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { makeTrace, type Point, query, served } from './make-trace.js'

function layer(id: string, from: number, to: number, about: Record<string, unknown> = {}): Point {
  return { id, parent: 'root', name: 'express', from, to, info: { layer: { name: id, ...about } } }
}

describe('a framework layer', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown> | undefined]>([
    ['authenticate', { name: 'authenticate' }, undefined],
    ['onRequest authenticate', { name: 'authenticate', hook: 'onRequest' }, undefined],
    ['getOrder GET /orders/:id', { name: 'getOrder', route: 'GET /orders/:id' }, undefined],
    ['router GET /orders/:id', { name: 'router' }, { layer: { route: 'GET /orders/:id' } }],
    ['logger (after)', { name: 'logger', after: true }, undefined],
    ['', { name: 7, route: {}, hook: null }, { layer: 'none' }],
  ])('is described as %j', (detail, info, stopInfo) => {
    const point = { id: 'a', from: 0, to: 1, info: { layer: info }, ...(stopInfo && { stopInfo }) }

    const [node] = buildReport(makeTrace(point)).points

    expect(node && pointDetail(node)).toBe(detail)
  })

  it('is folded with other layers that did not fail and have no points below them', () => {
    const report = buildReport(
      makeTrace(
        { id: 'root', from: 0, to: 1_000_000, ...served('/orders/7') },
        layer('query', 0, 10_000),
        layer('jsonParser', 10_000, 20_000),
        layer('authenticate', 20_000, 30_000),
        { ...layer('refuse', 30_000, 40_000), stopInfo: { etype: 'RangeError', message: 'no' } },
        layer('getOrder', 40_000, 1_000_000, { route: 'GET /orders/:id' }),
        { id: 'db', parent: 'getOrder', from: 50_000, to: 900_000, ...query('SELECT 1') },
      ),
    )

    const tree = renderTree(report, { width: 100 })

    expect(tree).toMatch(/3 x express layers/)
    expect(tree).toMatch(/express refuse/)
    expect(tree).toMatch(/express getOrder GET \/orders\/:id/)
    expect(tree).toMatch(/db SELECT 1/)
  })

  it('is never reported as a repetition', () => {
    const many = Array.from({ length: 20 }, (_, index) => layer('same', index * 50_000, (index + 1) * 50_000))
    const points = many.map((point, index) => ({ ...point, id: `${index}` }))

    const report = buildReport(makeTrace({ id: 'root', from: 0, to: 1_000_000, ...served('/') }, ...points))

    expect(summarize(report).filter(({ kind }) => kind === 'repeated')).toEqual([])
  })

  it('is folded only with layers of the same framework and service', () => {
    const { points } = buildReport(
      makeTrace(
        layer('a', 0, 1),
        { ...layer('b', 1, 2), name: 'koa' },
        { ...layer('c', 2, 3), service: 'other' },
        layer('d', 3, 4),
      ),
    )

    const [a, b, c, d] = points.map(createRepetitionKey())

    expect(a).toBe(d)
    expect(new Set([a, b, c]).size).toBe(3)
  })
})

describe('the first finding', () => {
  const [TOTAL_US, GUARD_US] = [400_000, 300_000]

  function at(line: number, info: Record<string, unknown> = {}): Record<string, unknown> {
    return { ...info, code: { file: 'src/app.js', line } }
  }

  function fromLine(line: number): Record<string, unknown> {
    return { code: { file: 'src/auth.js', line } }
  }

  /** Returns a layer from `fromUs` to `toUs` that was registered at a line. */
  function registered(framework: string, id: string, line: number, [from, to]: [number, number], about = {}): Point {
    return { id, parent: 'root', name: framework, from, to, info: at(line, { layer: { name: id, ...about } }) }
  }

  function firstSentence(...points: readonly Point[]): string | undefined {
    const root = { id: 'root', from: 0, to: TOTAL_US, ...served('/orders/7') }
    return summarize(buildReport(makeTrace(root, ...points)))[0]?.sentence
  }

  it('names a Koa middleware that takes long before it calls next, and not the handler after it', () => {
    const route = { stopInfo: { layer: { route: 'GET /orders/:id' } } }

    expect(
      firstSentence(
        registered('koa', 'logger', 10, [0, 1000]),
        registered('koa', 'authenticate', 12, [1000, 301_000]),
        { ...registered('koa', 'router', 20, [301_000, 398_000]), ...route },
        registered('koa', 'authenticate-after', 12, [398_000, 399_000], { name: 'authenticate', after: true }),
      ),
    ).toBe('75 % of this request is "authenticate" in api, at src/app.js:12 (300 ms)')
  })

  it('names the time after a query of a Koa middleware, with the line of the query', () => {
    expect(
      firstSentence(
        registered('koa', 'authenticate', 12, [0, GUARD_US]),
        {
          id: 'user',
          parent: 'authenticate',
          name: 'db',
          from: 0,
          to: 10_000,
          info: { ...query('SELECT user').info, ...fromLine(31) },
        },
        registered('koa', 'router', 20, [GUARD_US, TOTAL_US]),
      ),
    ).toBe(
      '73 % of this request is "authenticate" in api, at src/app.js:12, after "SELECT user" from src/auth.js:31, with nothing recorded (290 ms)',
    )
  })

  it('names a hook of Fastify, with its route', () => {
    const route = 'GET /orders/:id'

    expect(
      firstSentence(
        registered('fastify', 'checkToken', 30, [0, GUARD_US], { hook: 'preHandler', route }),
        registered('fastify', 'getOrder', 34, [GUARD_US, TOTAL_US], { route }),
      ),
    ).toBe('75 % of this request is "preHandler checkToken GET /orders/:id" in api, at src/app.js:30 (300 ms)')
  })

  it('names a guard of Express that works between its queries, and not the handler of the route', () => {
    const route = 'GET /orders/:id'
    const queries = [0, 100_000, 200_000].map((from, index) => ({
      id: `q${index}`,
      parent: 'isAllowed',
      from,
      to: from + 20_000,
      ...query(`SELECT ${'abc'[index]} FROM rights`),
    }))

    expect(
      firstSentence(
        registered('express', 'isAllowed', 40, [0, GUARD_US], { route }),
        ...queries,
        registered('express', 'getOrder', 40, [GUARD_US, TOTAL_US], { route }),
      ),
    ).toBe('60 % of this request is "isAllowed GET /orders/:id" in api, at src/app.js:40, outside its 3 steps (240 ms)')
  })

  it('names the part of a Koa middleware after next', () => {
    expect(
      firstSentence(
        registered('koa', 'compress', 8, [0, 1000]),
        registered('koa', 'router', 20, [1000, 100_000]),
        registered('koa', 'compress-after', 8, [100_000, TOTAL_US], { name: 'compress', after: true }),
      ),
    ).toBe('75 % of this request is "compress (after)" in api, at src/app.js:8 (300 ms)')
  })

  it('names the route of a Koa router if the router takes long', () => {
    expect(
      firstSentence({
        ...registered('koa', 'router', 20, [0, GUARD_US]),
        stopInfo: { layer: { route: 'GET /orders/:id' } },
      }),
    ).toBe('75 % of this request is "router GET /orders/:id" in api, at src/app.js:20 (300 ms)')
  })

  it('never proposes to run layers in parallel, because the framework runs them in order', () => {
    const layers = ['authenticate', 'getOrder'].flatMap((id, index) => {
      const from = index * 200_000
      return [
        registered('koa', id, 12 + index, [from, from + 200_000]),
        { id: `${id}-query`, parent: id, from: from + 1000, to: from + 199_000, ...query(`SELECT ${id}`) },
      ]
    })
    const root = { id: 'root', from: 0, to: TOTAL_US, ...served('/orders/7') }

    expect(summarize(buildReport(makeTrace(root, ...layers))).map(({ kind }) => kind)).not.toContain('serial')
  })
})
