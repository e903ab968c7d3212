import { expect, it } from 'vitest'
import { AttributeList } from '../src/record/span-attributes.js'
import { addWorkAttributes } from '../src/record/work-attributes.js'
import { sourceOf } from './fixtures/span-source.js'

function attributesOf(source: Parameters<typeof sourceOf>[0]) {
  const list = new AttributeList()
  addWorkAttributes(list, sourceOf(source))
  return list.values
}

it("an outgoing request has OpenTelemetry's attributes, and the attributes that Python's OSProfiler sets", () => {
  const requests = { method: 'GET', scheme: 'https', hostname: '::1', port: 8080, path: '/a', query: 'b=1' }

  expect(attributesOf({ startInfo: { requests }, stopInfo: { requests: { status_code: 204 } } })).toMatchObject({
    'http.request.method': 'GET',
    'server.address': '::1',
    'server.port': 8080,
    'url.full': 'https://[::1]:8080/a?b=1',
    'http.response.status_code': 204,
    'http.hostname': '::1',
    status_code: 204,
  })
})

it('a query has an attribute for its parameters, and a call has an attribute for its arguments', () => {
  expect(
    attributesOf({ startInfo: { db: { statement: 'SELECT 1 FROM a', params: [1], system: 'postgresql' } } }),
  ).toEqual({
    'db.system.name': 'postgresql',
    'db.query.text': 'SELECT 1 FROM a',
    'db.query.summary': 'SELECT a',
    'db.statement': 'SELECT 1 FROM a',
    'db.params': '[1]',
  })
  expect(attributesOf({ startInfo: { function: { name: 'load', args: '[1]' } } })).toEqual({
    'code.function.name': 'load',
    name: 'load',
    args: '[1]',
  })
})

it('`code.function.name` is not the traced function if there is a call site, which is in another function', () => {
  const code = { file: 'src/orders.ts', line: 41, column: 9, function: 'loadItems' }
  const { column: _, function: __, ...shortCode } = code

  expect(attributesOf({ startInfo: { code } })).toEqual({
    'code.file.path': 'src/orders.ts',
    'code.line.number': 41,
    'code.column.number': 9,
    'code.function.name': 'loadItems',
  })
  expect(attributesOf({ startInfo: { code: shortCode, function: { name: 'Manager.load' } } })).toEqual({
    'code.file.path': 'src/orders.ts',
    'code.line.number': 41,
    name: 'Manager.load',
  })
})

it.each([
  7,
  'src/a.ts:1',
  null,
  [],
  {},
  { file: '', line: 1 },
  { file: 'a.ts' },
  { file: 'a.ts', line: 0 },
  { file: 'a.ts', line: 1.5 },
  { file: 'a.ts', line: '1' },
  { file: 'a.ts', line: 1e12 },
  { file: 7, line: 1 },
  { file: 'a'.repeat(1001), line: 1 },
  { file: 'a\nb.ts', line: 1 },
  { file: 'a\ud800.ts', line: 1 },
])('the info member `code` is treated like any other info if it is not a call site: %j', code => {
  const attributes = attributesOf({ startInfo: { code } })

  expect(Object.keys(attributes).filter(name => name !== 'osprofiler.info.code')).toEqual([])
})

it('a query has an attribute for the number of returned rows', () => {
  const startInfo = { db: { statement: 'x' } }

  expect(attributesOf({ startInfo, stopInfo: { db: { rows: 5_000 } } })).toMatchObject({
    'db.response.returned_rows': 5_000,
  })
  for (const rows of [-1, 0.5, 1e300, '5', null, {}, []]) {
    expect(attributesOf({ startInfo, stopInfo: { db: { rows } } })).not.toHaveProperty('db.response.returned_rows')
  }
})

it('a limited number of other info members become attributes, and members of the stop record take precedence', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`n${index}`, index]))

  expect(attributesOf({ startInfo: { cart: 1, user: 'a' }, stopInfo: { cart: 2, host: 'h' } })).toEqual({
    'osprofiler.info.cart': 2,
    'osprofiler.info.user': 'a',
  })
  expect(Object.keys(attributesOf({ startInfo: many }))).toHaveLength(64)
})
