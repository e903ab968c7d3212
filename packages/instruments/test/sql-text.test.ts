import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_STATEMENT_CHARS, redactStatement } from '../src/sql/text/sql-text.js'
import type { SqlDialect } from '../src/sql/text/sql-tokens.js'

const DIALECTS = ['postgresql', 'mysql', 'sqlite'] as const

function shown(sql: string, dialect: SqlDialect = 'postgresql'): string {
  return redactStatement(sql, dialect).text
}

describe.each(DIALECTS)('a %s statement', dialect => {
  it.each([
    ["SELECT * FROM users WHERE name = 'SEALED'", 'SELECT * FROM users WHERE name = ?'],
    ["SELECT 'it''s SEALED', 'x'", 'SELECT ?, ?'],
    ['SELECT 1, -2.5, .5, 1e10, 1.5E-3, 0xFF, 1_000', 'SELECT ?, -?, ?, ?, ?, ?, ?'],
    ["SELECT x'5EA1ED', X'00'", 'SELECT ?, ?'],
    ['SELECT t1.c2 FROM t1 LIMIT 10 OFFSET 20', 'SELECT t1.c2 FROM t1 LIMIT ? OFFSET ?'],
    ['SELECT a -- SEALED\n, b', 'SELECT a , b'],
    ['/* SEALED */ SELECT /* it\'s "SEALED */ a', 'SELECT a'],
    ['SELECT\n\t  a\r\n  FROM b ', 'SELECT a FROM b'],
    ["SELECT 'SEALED", 'SELECT ?'],
    ['SELECT a /* SEALED', 'SELECT a'],
    ['SELECT a -- SEALED', 'SELECT a'],
    ["SELECT ''", 'SELECT ?'],
    // The apostrophe in `it's` is not doubled.
    ["INSERT INTO notes VALUES ('a', 'it's my SEALED')", 'INSERT INTO notes VALUES (?'],
    ["INSERT INTO notes VALUES ('rock ' n SEALED')", 'INSERT INTO notes VALUES (?'],
    ["SELECT 'a' || 'SEALED", 'SELECT ?'],
    ['SELECT ünïcode, 名前 FROM "t"'.replaceAll('"', dialect === 'mysql' ? '`' : '"'), undefined],
    ['', ''],
  ])('is shown without values: %s', (sql, expected = sql) => {
    expect(shown(sql, dialect)).toBe(expected)
  })

  it('causes no error, is read quickly, and stays within the maximum length, for any input', () => {
    const part = fc.constantFrom("'", '"', '`', '\\', '$$', '$a$', '--', '/*', '*/', '#', '\n', ' ', 'a', '1', 'E', '[')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), parts => {
        expect(shown(parts.join(''), dialect).length).toBeLessThanOrEqual(MAX_STATEMENT_CHARS + 3)
      }),
    )
  })

  it('never shows a quoted value, with any text before and after it', () => {
    const around = fc.constantFrom("''", 'a', ' ', '1', ',', '--x\n', '/* x */', '"a"', '(')
    fc.assert(
      fc.property(fc.array(around), fc.array(around), (before, after) => {
        const sql = `${before.join(' ')} 'SEALED' ${after.join(' ')}`

        expect(shown(sql, dialect)).not.toContain('SEALED')
      }),
    )
  })

  it.each(["'", "''", "'\\", "\\'", '"', '`', '$a$', '/*', '$', '1', '[', "''\\"])(
    'is read in linear time if it contains a hundred thousand %s',
    part => {
      // In quadratic time, the test would take minutes.
      expect(shown(part.repeat(100_000), dialect).length).toBeLessThanOrEqual(MAX_STATEMENT_CHARS + 3)
    },
  )

  it('is cut off if it is long, and shows no part of a literal at the cut', () => {
    const sql = `SELECT ${'column_name, '.repeat(1_000)} 'SEALED'`

    expect(shown(sql, dialect)).toHaveLength(MAX_STATEMENT_CHARS + 3)
    expect(shown(`SELECT 'SEALED${'x'.repeat(100_000)}'`, dialect)).toBe('SELECT ?...')
  })

  it('hides the new value of a setting, even without quotes', () => {
    expect(shown('SET app.token = SEALED', dialect)).toBe('SET app.token = ?')
    expect(shown('SET app.token TO SEALED; SELECT a', dialect)).toBe('SET app.token TO ?; SELECT a')
    expect(shown('UPDATE t SET a = b', dialect)).toBe('UPDATE t SET a = b')
  })
})

describe('a PostgreSQL statement', () => {
  it.each([
    ["ALTER USER bob PASSWORD 'SEALED'", 'ALTER USER bob PASSWORD ?'],
    ["SELECT E'it\\'s SEALED', e'\\\\'", 'SELECT ?, ?'],
    ["SELECT 'C:\\', a", 'SELECT ?, a'],
    ["SELECT $$SEALED$$, $x$ it's $$ SEALED $x$", 'SELECT ?, ?'],
    ['SELECT $x$ SEALED $y$', 'SELECT ?'],
    ['SELECT $1, $2::int[], a$b, "Odd ""name"', 'SELECT $1, $2::int[], a$b, "Odd ""name"'],
    ['/* a /* b */ SEALED */ SELECT a #> b', 'SELECT a #> b'],
    ["SELECT U&'\\0053EALED', b'01', N'SEALED'", 'SELECT ?, ?, ?'],
    ["SELECT a->>'key' FROM t WHERE b @> '{}'::jsonb", 'SELECT a->>? FROM t WHERE b @> ?::jsonb'],
    ['SELECT "SEALED', 'SELECT ?'],
    // If standard_conforming_strings is off, the first string ends at the third quote.
    ["SELECT 'it\\'s SEALED'", 'SELECT ?'],
    ["SELECT E'a'\n'it\\'s SEALED'", 'SELECT ?'],
    ["SELECT E'a' -- x\n  'b\\' SEALED' , '', a", 'SELECT ? , ?, a'],
    ["SELECT E'a'\n'b\\' SEALED", 'SELECT ?'],
    ["SELECT a[1:E'\\' SEALED'], @E'\\' SEALED', a::E'\\' SEALED'", 'SELECT a[?:?], @?, a::?'],
    ['SELECT 1$$ SEALED $$, 1e-5_424242', 'SELECT ??, ?'],
    ['DO LANGUAGE plpgsql AS$$ SEALED $$', 'DO LANGUAGE plpgsql ?'],
    ["NOTIFY ch, 'SEALED'; LISTEN ch", 'NOTIFY ch, ?; LISTEN ch'],
    ["COPY t FROM PROGRAM 'SEALED'", 'COPY t FROM PROGRAM ?'],
    ['COPY t (a) FROM STDIN;\n1\tSEALED\n\\.\n', 'COPY t (a) FROM STDIN; ?'],
    ["CREATE USER MAPPING FOR bob SERVER s OPTIONS (password 'SEALED')", undefined],
    ['ALTER ROLE bob PASSWORD SEALED', 'ALTER ROLE bob PASSWORD ?'],
    ['CREATE USER bob WITH ENCRYPTED PASSWORD "SEALED" LOGIN', 'CREATE USER bob WITH ENCRYPTED PASSWORD ? LOGIN'],
    ['ALTER ROLE bob SET app.token = SEALED', 'ALTER ROLE bob SET app.token = ?'],
    ['ALTER DATABASE d SET x TO a, SEALED; SELECT a', 'ALTER DATABASE d SET x TO ?, ?; SELECT a'],
    ['ALTER SYSTEM SET x = SEALED', 'ALTER SYSTEM SET x = ?'],
    ['CREATE FUNCTION f() RETURNS int SET x = SEALED AS $$SEALED$$', 'CREATE FUNCTION f() RETURNS int SET x = ? ? ?'],
    [
      'ALTER TABLE t ALTER a SET DEFAULT b, ADD CHECK (c = d)',
      'ALTER TABLE t ALTER a SET DEFAULT b, ADD CHECK (c = d)',
    ],
    ['CREATE TABLE t (a int REFERENCES u ON DELETE SET NULL, CHECK (b = c))', undefined],
    ['INSERT INTO t VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = excluded.b', undefined],
  ])('is shown without values: %s', (sql, expected = sql.replace("'SEALED'", '?')) => {
    expect(shown(sql)).toBe(expected)
  })
})

describe('a MySQL statement', () => {
  it.each([
    ["CREATE USER 'bob'@'%' IDENTIFIED BY 'SEALED'", 'CREATE USER ?@? IDENTIFIED BY ?'],
    ['SELECT "it\\"s SEALED", \'it\\\'s SEALED\', "x""y"', 'SELECT ?, ?, ?'],
    ["SELECT _utf8mb4'SEALED', @name, @@global.x, `a``b`", 'SELECT _utf8mb4?, @name, @@global.x, `a``b`'],
    ['SELECT a # SEALED\n, 5--3', 'SELECT a , ?--?'],
    ["SELECT a /*!50001 , 'SEALED' */ , SEALED", 'SELECT a ?'],
    ["SELECT a /*M! , '*/ SEALED' */", 'SELECT a ?'],
    ['SELECT `SEALED', 'SELECT ?'],
    ["SELECT 'SEALED\\", 'SELECT ?'],
    // If NO_BACKSLASH_ESCAPES is set, the first string ends at the second quote.
    ["SELECT 'a\\', 'SEALED'", 'SELECT ?'],
    ["SELECT 'a\\' = ' SEALED', 'b\\'", 'SELECT ?'],
    ["SELECT 'a\\', 'b\\', 'SEALED', 'c'", 'SELECT ?'],
    // A comment ends at a line feed, but not at a carriage return.
    ["SELECT a -- it\r's\n, 'SEALED', b", 'SELECT a , ?, b'],
    ["SELECT a # it\r's\n, 'SEALED', b", 'SELECT a , ?, b'],
    ["SELECT 5 --\u00a0' \n SEALED ', a", 'SELECT ? -- ?, a'],
    ['SELECT /* a /* b */ SEALED */ c', 'SELECT ?'],
    ['SELECT a + \0 SEALED', 'SELECT a + ?'],
    ['ALTER USER bob IDENTIFIED BY SEALED', 'ALTER USER bob IDENTIFIED BY ?'],
    ['GRANT ALL ON t TO bob IDENTIFIED BY PASSWORD SEALED', 'GRANT ALL ON t TO bob IDENTIFIED BY PASSWORD ?'],
    ['CREATE USER bob IDENTIFIED WITH x AS `SEALED`', 'CREATE USER bob IDENTIFIED WITH x AS ?'],
    ["CREATE USER bob IDENTIFIED WITH x AS 'SEALED'", 'CREATE USER bob IDENTIFIED WITH x AS ?'],
    ['CREATE USER bob IDENTIFIED VIA x USING PASSWORD(SEALED)', 'CREATE USER bob IDENTIFIED VIA x USING PASSWORD(?)'],
    ['SET PASSWORD FOR bob = PASSWORD(SEALED)', 'SET PASSWORD FOR bob = ?(?)'],
    ['SET @x := SEALED, @@y = SEALED', 'SET @x := ?, ? = ?'],
    ["LOAD DATA LOCAL INFILE 'SEALED' INTO TABLE t", 'LOAD DATA LOCAL INFILE ? INTO TABLE t'],
    ['SELECT user FROM t GROUP BY password, a', 'SELECT user FROM t GROUP BY password, a'],
  ])('is shown without values: %s', (sql, expected) => {
    expect(shown(sql, 'mysql')).toBe(expected)
  })
})

describe('an SQLite statement', () => {
  it.each([
    ["ATTACH DATABASE 'a.db' AS a KEY 'SEALED'", 'ATTACH DATABASE ? AS a KEY ?'],
    ['PRAGMA key = SEALED', 'PRAGMA key = ?'],
    ['PRAGMA key("SEALED")', 'PRAGMA key(?)'],
    ['PRAGMA table_info', 'PRAGMA table_info'],
    ['ATTACH ? AS a KEY SEALED', 'ATTACH ? AS a KEY ?'],
    ["SELECT a -- it\r's\n, 'SEALED', b", 'SELECT a , ?, b'],
    ['SELECT /* a /* b */ SEALED */ c', 'SELECT ?'],
    // SQLite reads an unknown name in double quotes as a string.
    [
      'SELECT "a" FROM "t" WHERE "b" = "SEALED" OR "b" LIKE "%SEALED"',
      'SELECT "a" FROM "t" WHERE "b" = ? OR "b" LIKE ?',
    ],
    [
      'INSERT INTO t ("a", "b") VALUES ("SEALED", 1, "SEALED"), ("SEALED")',
      'INSERT INTO t ("a", "b") VALUES (?, ?, ?), (?)',
    ],
    ['SELECT a FROM t WHERE a IN ("SEALED", "SEALED") AND "b"', 'SELECT a FROM t WHERE a IN (?, ?) AND "b"'],
    ['SELECT "a"."b" FROM "a" JOIN "c" ON "a"."b" = "c"."d"', 'SELECT "a"."b" FROM "a" JOIN "c" ON "a"."b" = "c"."d"'],
    ["SELECT ?1, :name, @name, $name, [odd 'name], `b`, 'C:\\'", "SELECT ?1, :name, @name, $name, [odd 'name], `b`, ?"],
  ])('is shown without values: %s', (sql, expected) => {
    expect(shown(sql, 'sqlite')).toBe(expected)
  })
})
