import { describe, expect, it } from 'vitest'
import { redactStatement } from '../src/sql/text/sql-text.js'

describe('a name in double quotes that SQLite may read as a string', () => {
  it.each([
    ['SELECT * FROM t WHERE a = "SEALED"', 'SELECT * FROM t WHERE a = ?'],
    ['SELECT * FROM t WHERE a = lower(trim("SEALED"))', 'SELECT * FROM t WHERE a = lower(trim(?))'],
    ['SELECT * FROM t WHERE (a, b) = ("SEALED", "SEALED")', 'SELECT * FROM t WHERE (a, b) = (?, ?)'],
    ['SELECT * FROM t WHERE a IN ("x", lower("SEALED"))', 'SELECT * FROM t WHERE a IN (?, lower(?))'],
    ['SELECT * FROM t WHERE a BETWEEN "SEALED" AND "SEALED"', 'SELECT * FROM t WHERE a BETWEEN ? AND ?'],
    ['SELECT * FROM t WHERE a LIKE "%SEALED"', 'SELECT * FROM t WHERE a LIKE ?'],
    ['SELECT * FROM t LIMIT "SEALED"', 'SELECT * FROM t LIMIT ?'],
    ['SELECT a || "SEALED" FROM t', 'SELECT a || ? FROM t'],
    ['SELECT coalesce(a, "SEALED") FROM t', 'SELECT coalesce(a, ?) FROM t'],
    ['SELECT printf("%s", "SEALED") FROM t', 'SELECT printf(?, ?) FROM t'],
    [
      'SELECT CASE a WHEN "SEALED" THEN "SEALED" ELSE "SEALED" END FROM t',
      'SELECT CASE a WHEN ? THEN ? ELSE ? END FROM t',
    ],
    ['SELECT "it is, SEALED" FROM t', 'SELECT ? FROM t'],
    ['SELECT "SEALED"', 'SELECT ?'],
    ['SELECT lower("SEALED"), 1; SELECT a FROM t', 'SELECT lower(?), ?; SELECT a FROM t'],
    ['INSERT INTO t SELECT "SEALED", 1', 'INSERT INTO t SELECT ?, ?'],
    ['INSERT INTO t ("a", "b") VALUES ("SEALED", upper("SEALED"))', 'INSERT INTO t ("a", "b") VALUES (?, upper(?))'],
    ['INSERT INTO t VALUES (a), ("SEALED")', 'INSERT INTO t VALUES (a), (?)'],
    ['UPDATE t SET "a" = "SEALED", "b" = "SEALED"', 'UPDATE t SET "a" = ?, "b" = ?'],
    ['SELECT * FROM json_each("SEALED")', 'SELECT * FROM json_each(?)'],
    ['ATTACH DATABASE "file:a?key=SEALED" AS a KEY "SEALED"', 'ATTACH DATABASE ? AS a KEY ?'],
    ["ATTACH 'a' AS a KEY 'SEALED'", 'ATTACH ? AS a KEY ?'],
    ['EXPLAIN ATTACH a AS a KEY SEALED', 'EXPLAIN ATTACH a AS a KEY ?'],
    ['PRAGMA key = "SEALED"', 'PRAGMA key = ?'],
    ['PRAGMA main.rekey("SEALED")', 'PRAGMA main.rekey(?)'],
    ['VACUUM INTO "SEALED"', 'VACUUM INTO ?'],
  ])('is hidden: %s', (sql, expected) => {
    expect(redactStatement(sql, 'sqlite').text).toBe(expected)
  })

  it('is listed as a literal, so that it is also hidden in error messages', () => {
    expect(redactStatement('SELECT lower("SEALED")', 'sqlite').literals).toEqual(['"SEALED"'])
  })

  it.each([
    'select "id", "name" from "users" where "id" = ? order by "name"',
    'select count("id"), max("total") from "orders" where lower("name") = ?',
    'select "u"."id" from "users" as "u" inner join "orders" as "o" on "o"."user" = "u"."id"',
    'select "id" from "users" where "id" in (select "user" from "orders" where "total" > ?)',
    'insert into "users" ("id", "name") values (?, ?) on conflict ("id") do update set "name" = excluded."name"',
    'create table "users" ("id" integer primary key, "name" text)',
    'create index "by_name" on "users" ("name", "id")',
    'with "x" as (select "id" from "users") select "id" from "x"',
    'detach "archive"',
  ])('does not occur in a statement from a query builder, whose names are thus shown: %s', sql => {
    expect(redactStatement(sql, 'sqlite').text).toBe(sql)
  })
})
