import { parseJson } from '@osprofiler/core/json'
import { describe, expect, it } from 'vitest'
import { areKnown, readInputs, readServedValues } from '../src/analysis/step-inputs.js'
import type { ReportNode } from '../src/tree/report.js'
import { reportOf } from './find.js'

/** Returns a point whose start record has this `info`. */
function pointOf(info: Record<string, unknown>): ReportNode {
  const [node] = reportOf({ id: 'a', info, from: 0, to: 1 }).points
  if (node === undefined) throw new Error('no point')
  return node
}

const requestTo = (path: unknown, query: unknown = ''): ReportNode => pointOf({ requests: { path, query } })
const queryOf = (statement: unknown, params?: unknown, system = 'postgresql'): ReportNode =>
  pointOf({ db: { statement, params, system } })

describe('readInputs of a request', () => {
  it.each<[string, string, readonly string[]]>([
    ['/users/42/orders', '', ['=42']],
    ['/teams/blue', '', ['=blue']],
    ['/rates/latest', '', []],
    ['/v2/settings.json', '', []],
    ['/a%20b/x%2Fy', '', ['=a b', '=x/y']],
    ['/%E0%A4%A', '', ['=%E0%A4%A']],
    ['//7//', '', ['=7']],
    ['', 'limit=10&sort=created&user=7', ['=7']],
    ['', 'limit=10000&page=x1', ['=10000', '=x1']],
    ['', 'q=R%C3%B6d+7&empty=&&a=b=c', ['=Röd 7', '=b=c']],
    ['/users/***', 'token=***', ['?', '?']],
  ])('returns the values in the path "%s" and the query "%s"', (path, query, expected) => {
    const inputs = readInputs(requestTo(path, query))

    expect(inputs).toEqual(expected)
  })

  it.each([undefined, null, 7, {}, ['/users/42']])('returns nothing for the path and the query %o', value => {
    const inputs = readInputs(requestTo(value, value))

    expect(inputs).toEqual([])
  })

  it('adds an unknown input if the path or the query is too long to be read completely', () => {
    const long = 'x'.repeat(4000)

    expect(readInputs(requestTo(`/${long.slice(1)}`))).toEqual([])
    expect(readInputs(requestTo(`/${long}/42`))).toEqual(['?'])
    expect(readInputs(requestTo('/', `q=${long}&id=42`))).toEqual(['?'])
  })
})

describe('readInputs of a query', () => {
  it.each<[string, readonly string[]]>([
    ['SELECT a FROM t', []],
    ['SELECT a FROM t WHERE user_id = $1 LIMIT $2 OFFSET $3', ['@user_id']],
    ['SELECT a FROM "Orders" WHERE "userId" >= :user', ['@user_id']],
    ['SELECT a FROM t WHERE t.email ILIKE %(email)s', ['@email']],
    ['SELECT a FROM public.users WHERE id = ANY($1)', ['@user_id']],
    ['SELECT a FROM categories c, t WHERE c.id = $1', ['@category_id']],
    ['SELECT a FROM users AS u LEFT JOIN items i ON i.user_id = u.id WHERE i.id = $1', ['@item_id']],
    ['SELECT a FROM orders JOIN items ON items.order_id = orders.id WHERE items.id = $1', ['@item_id']],
    ['SELECT a FROM orders JOIN items USING (sku) WHERE id = $1', ['?']],
    ['SELECT a FROM t WHERE x IN ($1, $2)', ['@x', '?']],
    ['SELECT f($1)', ['?']],
    ['SELECT id FROM t WHERE other.id = $1', ['?']],
  ])('returns the columns with which the placeholders in "%s" are compared', (statement, expected) => {
    const inputs = readInputs(queryOf(statement))

    expect(inputs).toEqual(expected)
  })

  it('takes a question mark in a statement of PostgreSQL for a literal, unless it is compared with an id', () => {
    const statement = 'SELECT a FROM t WHERE state = ? AND owner_id = ?'

    expect(readInputs(queryOf(statement))).toEqual(['@owner_id'])
    expect(readInputs(queryOf(statement, undefined, 'mysql'))).toEqual(['@state', '@owner_id'])
  })

  it('returns the literals that may be values, but not words or counts', () => {
    const statement = "SELECT 1 FROM t WHERE a = 'B-7' AND b = 42 AND c = 'open' AND d = 'it''s' LIMIT 5"

    expect(readInputs(queryOf(statement))).toEqual(['=B-7', '=42', "=it''s"])
  })

  it('returns the recorded parameters without counts, and then the literals', () => {
    const statement = "SELECT a FROM t WHERE x = $2 AND y = 'B-7' LIMIT $1"

    expect(readInputs(queryOf(statement, [20, 42]))).toEqual(['=42', '=B-7'])
    expect(readInputs(queryOf(statement, { limit: 20, x: 42 }))).toEqual(['=20', '=42', '=B-7'])
  })

  it('keeps all digits of a large number, and counts other values than texts and numbers as unknown', () => {
    const params = [parseJson('9007199254740993'), true, null, [7], '***']

    expect(readInputs(queryOf('', params))).toEqual(['=9007199254740993', '?', '?', '?', '?'])
  })

  it.each([[], {}, null, 7, 'x'])('reads the placeholders if the parameters are %o', params => {
    const inputs = readInputs(queryOf('SELECT a FROM t WHERE user_id = $1', params))

    expect(inputs).toEqual(['@user_id'])
  })

  it('adds an unknown input if the statement is too long to be read or recorded completely', () => {
    const start = 'SELECT a FROM t WHERE user_id = $1 AND '.padEnd(4000, 'x')

    expect(readInputs(queryOf(start))).toEqual(['@user_id'])
    expect(readInputs(queryOf(`${start}...`))).toEqual(['@user_id', '?'])
    expect(readInputs(queryOf(`${start}...`, [42]))).toEqual(['=42', '?'])
  })

  it('does not compare parameters that are too long', () => {
    expect(readInputs(queryOf('', ['x'.repeat(4001)]))).toEqual(['?'])
  })

  it('does not count as known if it has many values, even if some of them are counts', () => {
    const values = Array.from({ length: 101 }, (_, index) => index)
    const listed = values.map(index => `$${index + 2}`).join(', ')
    const columns = 'SELECT a FROM t LIMIT $1 WHERE '
    const same = `${columns}${values.map(index => `x = $${index + 2}`).join(' OR ')}`
    const known = new Set(['@x', ...values.map(value => `=${value}`)])

    expect(areKnown(readInputs(queryOf(`${columns}x IN (${listed})`, values)), known)).toBe(false)
    expect(areKnown(readInputs(queryOf(same)), known)).toBe(false)
  })

  it.each([undefined, null, 7, {}, ['SELECT']])('returns nothing for the statement %o', statement => {
    expect(readInputs(queryOf(statement))).toEqual([])
  })
})

describe('readServedValues', () => {
  it('returns all values in the path and the query, including words and counts', () => {
    const served = pointOf({ request: { path: '/users/42', query: 'tab=mine&q=r%C3%B6d&limit=5' } })

    expect(readServedValues(served)).toEqual(['=users', '=42', '=mine', '=röd', '=5'])
  })

  it.each([undefined, null, 'x', [], { path: 7, query: {} }])('returns nothing for the request %o', request => {
    expect(readServedValues(pointOf({ request }))).toEqual([])
  })
})

describe('areKnown', () => {
  it('accepts only inputs that are known', () => {
    const known = new Set(['=42', '@user_id', '?'])

    expect(areKnown([], known)).toBe(true)
    expect(areKnown(['=42', '@user_id'], known)).toBe(true)
    expect(areKnown(['=42', '=7'], known)).toBe(false)
  })

  it('never accepts an input that is not recorded, but accepts the value "?"', () => {
    expect(areKnown(['?'], new Set(['?']))).toBe(false)
    expect(areKnown(['=?'], new Set(['=?']))).toBe(true)
  })

  it('accepts at most 100 inputs', () => {
    const known = new Set(['=1'])

    expect(
      areKnown(
        Array.from({ length: 100 }, () => '=1'),
        known,
      ),
    ).toBe(true)
    expect(
      areKnown(
        Array.from({ length: 101 }, () => '=1'),
        known,
      ),
    ).toBe(false)
  })
})
