// Calls object-relational mappers and query builders for PostgreSQL in the ways in which programs call them.

import 'reflect-metadata'
import { pathToFileURL } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import createKnex from 'knex'
import pg from 'pg'
import { DataTypes, Sequelize } from 'sequelize'
import { DataSource, EntitySchema } from 'typeorm'
import { check, runCases } from './cases.mjs'

const { POSTGRESQL, PRISMA_CLIENT } = process.env
/** The library itself begins and commits a transaction. */
const ownWork = { others: true }

const pool = new pg.Pool({ connectionString: POSTGRESQL, max: 2 })
await pool.query('CREATE TABLE items (id serial PRIMARY KEY, name text)')

const knex = createKnex({ client: 'pg', connection: POSTGRESQL, pool: { min: 0, max: 2 } })
check('knex', async () => await knex('items').where({ id: 1 }).select())
check('knex, then', () => knex('items').then(rows => rows.length))
check('knex, raw', async () => await knex.raw('SELECT 1'))
check('knex, insert', async () => await knex('items').insert({ name: 'a' }).returning('id'))
check('knex, transaction', async () => await knex.transaction(async t => await t('items').select()), ownWork)

const items = pgTable('items', { id: serial('id').primaryKey(), name: text('name') })
// The instrument finds ES modules some time after they are loaded.
await new Promise(done => setTimeout(done, 100))
const db = drizzle({ client: pool, schema: { items } })
check('drizzle-orm', async () => await db.select().from(items))
check('drizzle-orm, then', () => db.select().from(items).then(rows => rows.length)) // biome-ignore format: one line
check('drizzle-orm, insert', async () => await db.insert(items).values({ name: 'b' }).returning())
check('drizzle-orm, relational', async () => await db.query.items.findMany())
check('drizzle-orm, raw', async () => await db.execute(sql`SELECT 1`))
check('drizzle-orm, transaction', async () => await db.transaction(async tx => await tx.select().from(items)))

const sequelize = new Sequelize(POSTGRESQL, { logging: false, pool: { max: 2 } })
const Table = sequelize.define('item', { name: DataTypes.TEXT }, { tableName: 'items', timestamps: false })
check('sequelize', async () => await Table.findAll(), ownWork)
check('sequelize, create', async () => await Table.create({ name: 'c' }))
check('sequelize, raw', async () => await sequelize.query('SELECT 1'))
check('sequelize, transaction', async () => await sequelize.transaction(async () => await Table.findAll()), ownWork)

const columns = { id: { type: Number, primary: true, generated: true }, name: { type: 'text', nullable: true } }
const Item = new EntitySchema({ name: 'Item', tableName: 'items', columns })
const source = await new DataSource({ type: 'postgres', url: POSTGRESQL, entities: [Item] }).initialize()
check('typeorm', async () => await source.getRepository(Item).find())
check('typeorm, one', async () => await source.getRepository(Item).findOneBy({ id: 1 }))
check('typeorm, save', async () => await source.getRepository(Item).save({ name: 'd' }))
check('typeorm, query builder', async () => await source.getRepository(Item).createQueryBuilder('i').getMany())
check('typeorm, raw', async () => await source.query('SELECT 1'))
check('typeorm, transaction', async () => await source.transaction(async manager => await manager.find(Item)))

const { PrismaClient } = (await import(pathToFileURL(PRISMA_CLIENT))).default
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: POSTGRESQL }) })
check('prisma', async () => await prisma.items.findMany())
check('prisma, create', async () => await prisma.items.create({ data: { name: 'e' } }))
check('prisma, raw', async () => await prisma.$queryRaw`SELECT 1`)

await runCases()
