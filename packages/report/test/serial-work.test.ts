import { summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, reportOf, request, sentences } from './find.js'
import { type Point, query, sent } from './make-trace.js'

describe('the finding about serial work', () => {
  const read = (id: string, from: number, to: number): Point => ({ id, ...query(`SELECT ${id}`), from, to })

  it('says how much time might be saved, and names the longest steps', () => {
    const found = find(
      'serial',
      ...request(read('a', 0, 20_000), read('b', 20_000, 60_000), {
        id: 'c',
        ...sent('x', 1, '/c'),
        from: 61_000,
        to: 91_000,
      }),
    )

    expect(found).toMatchObject([{ traceIds: ['a', 'b', 'c'], totalUs: 50_000, share: 0.5 }])
    expect(found[0]?.sentence).toBe(
      'Up to 50 % of this request might be saved if "SELECT b", "GET x:1/c" and 1 more in orders ran in parallel: the records show no dependency (50.0 ms)',
    )
  })

  it('also includes steps that mostly consist of queries and requests', () => {
    expect(
      find(
        'serial',
        ...request(
          { id: 'load user', from: 0, to: 40_000 },
          { ...read('a', 1000, 39_000), parent: 'load user' },
          { id: 'load cart', from: 40_000, to: 80_000 },
          { ...read('b', 41_000, 79_000), parent: 'load cart' },
        ),
      ),
    ).toMatchObject([{ traceIds: ['load user', 'load cart'], totalUs: 40_000 }])
  })

  it.each([
    ['overlaps another step', request(read('a', 0, 50_000), read('b', 49_999, 99_000))],
    [
      'writes between the reads',
      request(
        read('a', 0, 40_000),
        { id: 'w', ...query('UPDATE t SET x = 1'), from: 40_000, to: 41_000 },
        read('b', 42_000, 90_000),
      ),
    ],
    [
      'computes between the reads',
      request(read('a', 0, 40_000), { id: 'f', from: 40_000, to: 41_000 }, read('b', 42_000, 90_000)),
    ],
    ['locks rows', request(read('a', 0, 40_000), { ...read('b', 42_000, 90_000), ...query('SELECT b FOR UPDATE') })],
    [
      'uses a value from the result of the step before it',
      request(
        { ...read('a', 0, 40_000), stopInfo: { db: { result: '[{"sku": "sku-4711"}]' } } },
        { id: 'b', ...sent('x', 1, '/items/sku-4711'), from: 42_000, to: 90_000 },
      ),
    ],
    [
      'sends a POST request',
      request(read('a', 0, 40_000), {
        id: 'b',
        name: 'http',
        info: { requests: { method: 'POST', path: '/', hostname: 'x' } },
        from: 42_000,
        to: 90_000,
      }),
    ],
  ])('is absent if a step %s', (_, points) => {
    expect(find('serial', ...points)).toEqual([])
  })

  it('is absent for points that are in a reported repetition', () => {
    const points = Array.from({ length: 4 }, (_, index) => read('same', index * 25_000, index * 25_000 + 25_000))

    expect(find('serial', ...request(...points.map((point, index) => ({ ...point, id: `s${index}` }))))).toEqual([])
  })

  it('is absent if the request does not wait for the work', () => {
    expect(
      find(
        'serial',
        ...request(
          { id: 'decisive', from: 0, to: 100_000 },
          { id: 'beside', from: 0, to: 90_000 },
          { ...read('a', 0, 40_000), parent: 'beside' },
          { ...read('b', 45_000, 90_000), parent: 'beside' },
        ),
      ),
    ).toEqual([])
  })

  it('appears only once if a loop repeats the same two steps', () => {
    const rounds = [0, 1, 2].flatMap((round): Point[] => [
      { id: `round ${round}`, name: `round ${round}`, from: round * 33_000, to: round * 33_000 + 32_000 },
      { ...read(`a`, round * 33_000, round * 33_000 + 16_000), id: `a${round}`, parent: `round ${round}` },
      { ...read(`b`, round * 33_000 + 16_000, round * 33_000 + 32_000), id: `b${round}`, parent: `round ${round}` },
      { id: `write ${round}`, ...query('UPDATE t'), from: round * 33_000 + 32_000, to: round * 33_000 + 33_000 },
    ])

    expect(sentences('serial', ...request(...rounds))).toEqual([
      'Up to 48 % of this request might be saved if "SELECT a" and "SELECT b" in orders ran in parallel, 3 times: the records show no dependency (48.0 ms)',
    ])
  })

  it('is absent for steps inside a step that it names', () => {
    const points = request(
      { id: 'user', name: 'load user', from: 0, to: 50_000 },
      { ...read('a', 0, 25_000), parent: 'user' },
      { ...read('b', 25_000, 50_000), parent: 'user' },
      { id: 'cart', name: 'load cart', from: 50_000, to: 99_000 },
      { ...read('c', 50_000, 75_000), parent: 'cart' },
      { ...read('d', 75_000, 99_000), parent: 'cart' },
    )

    expect(find('serial', ...points)).toMatchObject([{ traceIds: ['user', 'cart'] }])
  })
})

describe('the finding about serial work, for steps with values', () => {
  /** Returns the number of findings about two sequential steps of `GET /users/42?tab=mine&q=röd`. */
  function count(first: Partial<Point>, second: Partial<Point>): number {
    const [root, ...steps] = request(
      { id: 'first', from: 0, to: 45_000, ...first },
      { id: 'second', from: 45_000, to: 95_000, ...second },
    )
    const info = { request: { path: '/users/42', query: 'tab=mine&q=r%C3%B6d', method: 'GET' } }
    return find('serial', { ...root, info } as Point, ...steps).length
  }

  const get = (path: string, search = ''): Partial<Point> => ({
    ...sent('x', 1, path),
    info: { requests: { method: 'GET', path, query: search, hostname: 'x', port: 1, scheme: 'http' } },
  })
  const postgresql = (statement: string): Partial<Point> => ({
    ...query(''),
    info: { db: { statement, system: 'postgresql' } },
  })
  const mysql = (statement: string): Partial<Point> => ({ ...query(''), info: { db: { statement, system: 'mysql' } } })
  const values = (statement: string, params: unknown): Partial<Point> => ({
    ...query(''),
    info: { db: { statement, params, system: 'postgresql' } },
  })

  it.each<[string, Partial<Point>, Partial<Point>]>([
    ['have no values', get('/rates/latest'), get('/v1/settings')],
    ['have an id that the served request had', get('/users/42'), get('/users/42/orders')],
    ['have a parameter that the served request had', get('/colors'), get('/search', 'q=r%C3%B6d')],
    ['have the same id', get('/stock/7'), get('/prices/7')],
    ['have a limit', get('/items', 'limit=10'), get('/orders', 'page=2&sort=created')],
    [
      'compare the same column',
      postgresql('SELECT a FROM t WHERE user_id = $1'),
      postgresql('SELECT b FROM u WHERE "user_id" = $1 LIMIT $2'),
    ],
    [
      'compare the id of a table and a reference to it',
      postgresql('SELECT a FROM users u WHERE u.id = $1'),
      postgresql('SELECT b FROM "Orders" WHERE "userId" = $1'),
    ],
    ['have a literal', postgresql('SELECT pg_sleep(?)'), postgresql('SELECT b FROM t WHERE status = ? LIMIT ?')],
    [
      'have parameters that the served request had',
      values('SELECT a FROM t WHERE x = $1', [42]),
      values('SELECT b FROM u WHERE y = $1', ['42']),
    ],
    [
      'have the same parameters',
      values('SELECT a FROM t WHERE x = $1', [7]),
      values('SELECT b FROM u WHERE y = $1 LIMIT $2', [7, 20]),
    ],
  ])('appears if the steps %s', (_, first, second) => {
    expect(count(first, second)).toBe(1)
  })

  it.each<[string, Partial<Point>, Partial<Point>]>([
    ['an id in its path', get('/users'), get('/users/7/orders')],
    ['a uuid in its path', get('/users/42'), get('/carts/0b7f3c3e-8c39-4d5e-9d63-6a3d5e9f0c11')],
    ['a name in its path', get('/users/42'), get('/teams/blue')],
    ['a code in its path', get('/users/42'), get('/rates/EUR')],
    ['a value in its query', get('/users/42'), get('/orders', 'customer=7')],
    ['a hidden value in its query', get('/users/42', 'token=***'), get('/orders', 'token=***')],
    ['a path that cannot be decoded', get('/users/42'), get('/orders/%E0%A4%A')],
    [
      'the value of another column',
      postgresql('SELECT id FROM users WHERE email = $1'),
      postgresql('SELECT a FROM orders WHERE user_id = $1'),
    ],
    [
      'the id of another table',
      postgresql('SELECT a FROM orders WHERE user_id = $1'),
      postgresql('SELECT b FROM items WHERE id = $1'),
    ],
    [
      'a list of ids',
      postgresql('SELECT a FROM orders WHERE user_id = $1'),
      postgresql('SELECT b FROM items WHERE order_id IN ($1, $2)'),
    ],
    ['an argument of a function', postgresql('SELECT a FROM t'), postgresql('SELECT f($1)')],
    [
      'an id that was inserted into the statement',
      postgresql('SELECT a FROM t'),
      postgresql('SELECT b FROM u WHERE id = ?'),
    ],
    ['a value that may be a placeholder', mysql('SELECT a FROM t'), mysql('SELECT b FROM u WHERE x = ?')],
    ['a parameter', values('SELECT a FROM t WHERE x = $1', [42]), values('SELECT b FROM u WHERE y = $1', [7])],
    [
      'a parameter that is an object',
      values('SELECT a FROM t WHERE x = $1', [42]),
      values('SELECT b FROM u WHERE y = $1', [{ a: 1 }]),
    ],
    [
      'a literal in its statement',
      values('SELECT a FROM t WHERE x = $1', [42]),
      values("SELECT b FROM u WHERE y = $1 AND z = 'B-7'", [42]),
    ],
    [
      'a value that may be in the end of a long statement, which is not recorded',
      postgresql('SELECT a FROM t'),
      postgresql(`${'SELECT b, '.padEnd(4000, 'column, ')}...`),
    ],
  ])('is absent if the second step needs %s, which the first step may have returned', (_, first, second) => {
    expect(count(first, second)).toBe(0)
  })

  it('is absent if the second request repeats the first one', () => {
    expect(count(get('/users/42'), get('/users/42'))).toBe(0)
    expect(count({ ...get('/rates'), stopInfo: { requests: { status_code: 429 } } }, get('/rates'))).toBe(0)
  })

  it('comes before the findings about its steps, but after the finding about a step that takes much longer', () => {
    const kindsOf = (...steps: readonly Point[]) => summarize(reportOf(...request(...steps))).map(({ kind }) => kind)

    const read = (id: string, from: number, to: number): Point => ({ id, ...query(`SELECT ${id}`), from, to })

    expect(kindsOf(read('a', 0, 50_000), read('b', 50_000, 100_000))).toEqual(['serial', 'slow', 'slow'])
    expect(kindsOf(read('a', 0, 20_000), read('b', 20_000, 100_000))).toEqual(['slow', 'slow', 'serial'])
  })
})
