// Calls drivers and pools of PostgreSQL, MariaDB and Redis in the ways in which programs call them.

import Redis from 'ioredis'
import { Kysely, sql as kyselySql, PostgresDialect } from 'kysely'
import mysql from 'mysql2'
import mysqlPromise from 'mysql2/promise'
import pg from 'pg'
import Cursor from 'pg-cursor'
import postgres from 'postgres'
import { createClient } from 'redis'
import { check, runCases } from './cases.mjs'

const { POSTGRESQL, MARIADB, REDIS } = process.env
const three = call => Promise.all([1, 2, 3].map(call))
const sleep = 'SELECT pg_sleep(0.005)'

const client = new pg.Client(POSTGRESQL)
await client.connect()
const pool = new pg.Pool({ connectionString: POSTGRESQL, max: 1 })
check('pg client', async () => await client.query('SELECT 1'))
check('pg client with callback', () => new Promise(done => client.query('SELECT 1', done)))
check('pg cursor', () => new Promise(done => client.query(new Cursor('SELECT 1')).read(1, done)))
check('pg pool', async () => await pool.query('SELECT 1'))
check('pg pool with callback', () => new Promise(done => pool.query('SELECT 1', done)))
check('pg pool that is busy', () => three(() => pool.query(sleep)))
check('pg pool that is busy, with callbacks', () => three(() => new Promise(done => pool.query(sleep, done))))

const myPool = mysql.createPool({ uri: MARIADB, connectionLimit: 1 })
const myPromises = mysqlPromise.createPool({ uri: MARIADB, connectionLimit: 1 })
check('mysql2 pool with callback', () => new Promise(done => myPool.query('SELECT 1', done)))
check('mysql2 pool, prepared', () => new Promise(done => myPool.execute('SELECT 1', done)))
check('mysql2 pool', async () => await myPromises.query('SELECT 1'))
check('mysql2 pool that is busy', () => three(() => myPromises.query('SELECT SLEEP(0.005)')))
check('mysql2 pool that is busy, prepared', () => three(() => myPromises.execute('SELECT SLEEP(0.005)')))

const sql = postgres(POSTGRESQL, { max: 1 })
check('postgres', async () => await sql`SELECT 1`)
check('postgres, then', () => sql`SELECT 1`.then(rows => rows.length))
check('postgres, unsafe', async () => await sql.unsafe('SELECT 1'))
check('postgres that is busy', () => three(async () => await sql`SELECT pg_sleep(0.005)`))
check('postgres, in a transaction', async () => await sql.begin(async tx => await tx`SELECT 2`))

const kysely = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: POSTGRESQL }) }) })
check('kysely', async () => await kyselySql`SELECT 1`.execute(kysely))

const ioredis = new Redis(REDIS)
const pipelining = new Redis(REDIS, { enableAutoPipelining: true })
check('ioredis', async () => await ioredis.get('a'))
check('ioredis with callback', () => new Promise(done => ioredis.get('a', done)))
check('ioredis, pipeline', async () => await ioredis.pipeline().get('a').set('b', 1).exec())
check('ioredis, automatic pipeline', async () => await pipelining.get('a'))
const redis = createClient({ url: REDIS })
await redis.connect()
check('redis', async () => await redis.get('a'))
check('redis, transaction', async () => await redis.multi().get('a').set('b', '1').exec())

await runCases()
