import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from './open-database.js'

const ORDERS = 300_000
const ORDERS_OF_A_CUSTOMER = 20
const ITEMS = 100_000

/** Opens the orders database. Fills it if it is new: every customer has 20 orders. */
export function openOrdersDatabase(file: string): DatabaseSync {
  const database = openDatabase(file)
  const isNew = database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'orders'`).get() === undefined
  if (isNew) fill(database)
  return database
}

function fill(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE orders (id INTEGER PRIMARY KEY, placed_at TEXT NOT NULL, customer TEXT NOT NULL);
    CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, sku TEXT NOT NULL, quantity INTEGER NOT NULL);
    BEGIN;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${ORDERS})
      INSERT INTO orders SELECT i, date('2026-01-01', '-' || (i % 700) || ' days'),
        json_object('id', i % ${ORDERS / ORDERS_OF_A_CUSTOMER}, 'name', 'Customer ' || (i % ${ORDERS / ORDERS_OF_A_CUSTOMER}), 'city', 'Springfield')
      FROM n;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${ITEMS})
      INSERT INTO items SELECT i, i * 7 % ${ORDERS}, 'sku-' || (i % 50), 1 + i % 3 FROM n;
    COMMIT;
  `)
}
