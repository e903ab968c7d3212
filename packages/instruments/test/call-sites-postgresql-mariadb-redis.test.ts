import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { startMongodb } from '../../../packages/drivers/test/stand-ins/mongodb.js'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { runProgram } from '../../../test/servers/run-program.js'
import { type SharedDatabase, shareMariadb, sharePostgresql } from '../../../test/servers/share.js'
import { expectCallSites } from './call-sites.js'

const SCHEMA = `
generator client {
  provider = "prisma-client-js"
  output   = "./client"
}
datasource db {
  provider = "postgresql"
}
model items {
  id   Int     @id @default(autoincrement())
  name String?
}
`
const CONFIG = `export default { schema: 'schema.prisma', datasource: { url: 'postgresql://nobody@127.0.0.1/shop' } }`

const require = createRequire(import.meta.url)

let postgresql: SharedDatabase
let mariadb: SharedDatabase
let redis: RedisServer
let folder: string

beforeAll(async () => {
  ;[postgresql, mariadb, redis] = await Promise.all([sharePostgresql(), shareMariadb(), startRedis()])
  // The folder is inside `node_modules`, because the generated client imports packages that only `@prisma/client` can
  // resolve.
  folder = mkdtempSync(join(dirname(realpathSync(require.resolve('@prisma/client/package.json'))), '../../.test-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await Promise.all([postgresql.stop(), mariadb.stop(), redis.stop()])
})

/**
 * Generates Prisma's client. This does not use the schema engine, which only reads schemas of databases. So the path of
 * Node is passed as the engine.
 */
async function generatePrismaClient(): Promise<string> {
  writeFileSync(join(folder, 'schema.prisma'), SCHEMA)
  writeFileSync(join(folder, 'prisma.config.mjs'), CONFIG)
  const prisma = require.resolve('prisma/build/index.js')
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' }
  await runProgram(process.execPath, [prisma, 'generate'], { cwd: folder, env })
  return join(folder, 'client', 'index.js')
}

describe('the call site of a point is the line of the program that calls', () => {
  it('a driver or a pool, with promises and with callbacks', async () => {
    const MARIADB = mariadb.url.replace(/^\w+:/, 'mysql:')
    await expectCallSites('databases.mjs', { POSTGRESQL: postgresql.url, MARIADB, REDIS: redis.url })
  })

  it('an object-relational mapper or a query builder', async () => {
    const PRISMA_CLIENT = await generatePrismaClient()
    await expectCallSites('mappers.mjs', { POSTGRESQL: postgresql.url, PRISMA_CLIENT })
  })

  it('an HTTP client, or MongoDB', async () => {
    const mongodb = await startMongodb()
    await expectCallSites('requests.mjs', { MONGODB: `mongodb://${mongodb.host}:${mongodb.port}` })
    await mongodb.kill()
  })
})
