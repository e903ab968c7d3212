import { expect, it } from 'vitest'
import { summarizeQuery } from '../src/record/query-summary.js'

it.each([
  ['SELECT id FROM orders WHERE id = 7', 'SELECT orders'],
  ['  -- by hand\n/* twice */ insert into "shop"."orders" values (1)', 'INSERT shop.orders'],
  ['update only orders set paid = true', 'UPDATE orders'],
  ["delete from `order lines` where name = 'from users'", 'DELETE order lines'],
  ['create table if not exists orders (id int)', 'CREATE orders'],
  ['select 1', 'SELECT'],
  ['find orders {status: ?}', 'find orders'],
  ['get', 'get'],
  ['{}', undefined],
  ['', undefined],
  [7, undefined],
])('summarizeQuery() summarizes %j as %j', (statement, summary) => {
  expect(summarizeQuery(statement)).toBe(summary)
  expect(summarizeQuery(statement)).toBe(summary)
})

it('summarizeQuery() summarizes a long query from its beginning', () => {
  expect(summarizeQuery(`SELECT * FROM orders WHERE id IN (${'1,'.repeat(1e5)}1)`)).toBe('SELECT orders')
})
