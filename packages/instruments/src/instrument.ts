import { checkOptionNames, Object, Set, TypeError } from '@osprofiler/core/toolkit'
import { instrumentExpress } from './frameworks/express.js'
import { instrumentFastify } from './frameworks/fastify.js'
import { instrumentKoa } from './frameworks/koa.js'
import { instrumentHttp } from './http/node/http.js'
import { instrumentFetch } from './http/undici/fetch.js'
import { instrumentAmqplib } from './messages/amqplib.js'
import { chooseInstruments } from './options/choose-instruments.js'
import { describeValue } from './options/describe-value.js'
import type { Instrument, InstrumentSettings, TraceSql } from './options/instrument-contract.js'
import { readLibrariesOption } from './options/libraries-option.js'
import { checkMessagesOption, type MessageOptions } from './options/messages-option.js'
import { createPropagation, type PropagationRules } from './propagation/propagate-to.js'
import { instrumentDrizzle } from './sql/drizzle.js'
import { instrumentKnex } from './sql/knex.js'
import { instrumentMysql2 } from './sql/mysql2.js'
import { instrumentPg } from './sql/pg.js'
import { instrumentPhotostructureSqlite } from './sql/photostructure-sqlite.js'
import { instrumentPostgres } from './sql/postgres.js'
import { instrumentBetterSqlite3, instrumentNodeSqlite } from './sql/sqlite.js'
import { instrumentElasticsearch } from './stores/elasticsearch/elasticsearch.js'
import { instrumentMongodb } from './stores/mongodb/mongodb.js'
import { instrumentMongoose } from './stores/mongodb/mongoose.js'
import { instrumentIoredis } from './stores/redis/ioredis.js'
import { instrumentNodeRedis } from './stores/redis/node-redis.js'

/** Options for all instruments. */
export interface InstrumentOptions {
  /**
   * Hosts that may receive the trace headers. Default: loopback and private addresses, and host names without a dot.
   */
  readonly propagateTo?: PropagationRules | undefined
  /** How much of each SQL query is recorded. Default: `off`, which records no SQL queries. */
  readonly traceSql?: TraceSql | undefined
  /** Which published messages get trace headers, and the limits for consumed messages that have trace headers. */
  readonly messages?: MessageOptions | undefined
  /**
   * Library exports by package name, for libraries that are not loaded from `node_modules`, such as bundled ones.
   * Example: `{ pg }` after `import pg from 'pg'`.
   */
  readonly libraries?: Readonly<Record<string, unknown>> | undefined
}

const DEFAULT_INSTRUMENTS = {
  '@photostructure/sqlite': instrumentPhotostructureSqlite,
  /** Publishers and consumers of `amqplib` 0.10 to 2, which talk to RabbitMQ. */
  amqplib: instrumentAmqplib,
  'better-sqlite3': instrumentBetterSqlite3,
  /**
   * Finds the call sites of `drizzle-orm` queries. The instrument of the underlying database library records the
   * queries.
   */
  'drizzle-orm': instrumentDrizzle,
  /** `@elastic/elasticsearch` 8 and 9, and `@opensearch-project/opensearch` 3. */
  elasticsearch: instrumentElasticsearch,
  /** Node's own `fetch`, and the package `undici`. */
  fetch: instrumentFetch,
  /** `node:http` and `node:https`, and therefore axios, got, node-fetch and superagent. */
  http: instrumentHttp,
  ioredis: instrumentIoredis,
  /** The connection pool of `knex` 3. The instrument of the underlying database library records the queries. */
  knex: instrumentKnex,
  /** `mongodb` 6 and 7, and therefore mongoose. */
  mongodb: instrumentMongodb,
  /** Operations that `mongoose` 8 and 9 buffer until a connection is open. */
  mongoose: instrumentMongoose,
  /** `mysql2` 2 and 3, and libraries that use it, such as knex and kysely. */
  mysql2: instrumentMysql2,
  'node:sqlite': instrumentNodeSqlite,
  /** `pg` 8, and libraries that use it, such as knex and kysely. */
  pg: instrumentPg,
  postgres: instrumentPostgres,
  redis: instrumentNodeRedis,
} satisfies Record<string, Instrument>

/**
 * Instruments for the layers of web frameworks (middleware, hooks, handlers). They are off by default, because each
 * layer becomes a separate point.
 */
const FRAMEWORK_INSTRUMENTS = {
  express: instrumentExpress,
  fastify: instrumentFastify,
  koa: instrumentKoa,
} satisfies Record<string, Instrument>

const ALL_INSTRUMENTS = { ...DEFAULT_INSTRUMENTS, ...FRAMEWORK_INSTRUMENTS }

/** The name of an instrument. */
export type InstrumentName = keyof typeof ALL_INSTRUMENTS

/** An instrument's name. A leading `+` adds the instrument to the default list instead of replacing that list. */
export type AskedInstrument = InstrumentName | `+${InstrumentName}`

/** Names of the instruments that are on by default. */
export const INSTRUMENT_NAMES = Object.keys(DEFAULT_INSTRUMENTS) as readonly InstrumentName[]

/**
 * Records calls to the named libraries as points of the current trace. By default, all libraries are recorded except
 * the frameworks (`express`, `fastify`, `koa`). A name with `+`, such as `+express`, adds a framework to this default.
 *
 * Returns a function that removes the instruments. Nothing is hooked before `instrument` is called, and library calls
 * outside a trace pass through unchanged. If `instrument` is called twice, or by two copies of this package, a library
 * call is still recorded as one point.
 *
 * @throws TypeError for an unknown instrument or library, or an invalid option.
 * @example
 * const undo = instrument(['fetch'], { propagateTo: '*.internal.example, 10.0.0.0/8' })
 */
export function instrument(
  names: readonly AskedInstrument[] = INSTRUMENT_NAMES,
  options: InstrumentOptions = {},
): () => void {
  const settings = readSettings(options)
  const undos = [...new Set(resolveNames(names, INSTRUMENT_NAMES))].map(name => ALL_INSTRUMENTS[name](settings))
  return () => {
    for (const undo of undos.splice(0)) undo()
  }
}

/** Checks the arguments of `instrument`. Returns the names without `+`. @throws TypeError, as `instrument` does. */
export function checkInstruments(
  names: readonly AskedInstrument[] = INSTRUMENT_NAMES,
  options: InstrumentOptions = {},
  defaults: readonly InstrumentName[] = INSTRUMENT_NAMES,
): readonly InstrumentName[] {
  const chosen = resolveNames(names, defaults)
  readSettings(options)
  return chosen
}

function resolveNames(
  asked: readonly AskedInstrument[],
  defaults: readonly InstrumentName[],
): readonly InstrumentName[] {
  return chooseInstruments(asked, defaults, Object.keys(ALL_INSTRUMENTS) as InstrumentName[])
}

function readSettings(options: InstrumentOptions): InstrumentSettings {
  checkOptionNames(options, ['propagateTo', 'traceSql', 'messages', 'libraries'], 'instrument()')
  const { propagateTo, traceSql = 'off', messages = {}, libraries = {} } = options
  checkMessagesOption(messages)
  const mayReceive = createPropagation(propagateTo)
  return { mayReceive, traceSql: checkTraceSql(traceSql), messages, libraries: readLibrariesOption(libraries) }
}

function checkTraceSql(value: TraceSql): TraceSql {
  if (['off', 'statements', 'values'].includes(value)) return value
  throw new TypeError(`traceSql is "off", "statements" or "values", not ${describeValue(value)}`)
}
