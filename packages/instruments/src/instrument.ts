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

/** What the instruments share. */
export interface InstrumentOptions {
  /** Who may receive the headers of a trace. Default: loopback, private addresses, and names without a dot. */
  readonly propagateTo?: PropagationRules | undefined
  /** What is recorded of SQL. Default: `off`, nothing. */
  readonly traceSql?: TraceSql | undefined
  /** Which messages carry the trace on, and the limits on those that arrive with one. */
  readonly messages?: MessageOptions | undefined
  /**
   * By the name of the package: the exports of libraries that cannot be found in `node_modules`, such as those in a
   * bundle: `{ pg }` after `import pg from 'pg'`.
   */
  readonly libraries?: Readonly<Record<string, unknown>> | undefined
}

const BY_DEFAULT = {
  /** The package `@photostructure/sqlite` 1, which is `node:sqlite` for Node 20. */
  '@photostructure/sqlite': instrumentPhotostructureSqlite,
  /** The package `amqplib`, 0.10 to 2: publishers and consumers of RabbitMQ. */
  amqplib: instrumentAmqplib,
  /** The package `better-sqlite3`. */
  'better-sqlite3': instrumentBetterSqlite3,
  /** The packages `@elastic/elasticsearch`, 8 and 9, and `@opensearch-project/opensearch`, 3. */
  elasticsearch: instrumentElasticsearch,
  /** Node's own `fetch`, and the package `undici`. */
  fetch: instrumentFetch,
  /** `node:http` and `node:https`, and so axios, got, node-fetch and superagent. */
  http: instrumentHttp,
  /** The package `ioredis`, 5 and 6. */
  ioredis: instrumentIoredis,
  /** The pool of the package `knex` 3; its queries are those of the library below it. */
  knex: instrumentKnex,
  /** The package `mongodb`, 6 and 7, and so mongoose. */
  mongodb: instrumentMongodb,
  /** The package `mongoose`, 8 and 9: what it holds back until it is connected. */
  mongoose: instrumentMongoose,
  /** The package `mysql2` 2 and 3, and knex, kysely and others over it. */
  mysql2: instrumentMysql2,
  /** Node's own `node:sqlite`. */
  'node:sqlite': instrumentNodeSqlite,
  /** The package `pg` 8, and knex, kysely and others over it. */
  pg: instrumentPg,
  /** The package `postgres` 3. */
  postgres: instrumentPostgres,
  /** The package `redis`, 5 and 6. */
  redis: instrumentNodeRedis,
} satisfies Record<string, Instrument>

/** To see what happens inside of a framework: only for who asks for them, since each layer is a point. */
const ON_DEMAND = {
  /** The layers of Express 4 and 5. */
  express: instrumentExpress,
  /** The hooks and handlers of Fastify 5. */
  fastify: instrumentFastify,
  /** The middlewares of Koa 2 and 3. */
  koa: instrumentKoa,
} satisfies Record<string, Instrument>

const ALL = { ...BY_DEFAULT, ...ON_DEMAND }

/** What can be instrumented. */
export type InstrumentName = keyof typeof ALL

/** A name that replaces the default, or with `+`, one that is added to the default. */
export type AskedInstrument = InstrumentName | `+${InstrumentName}`

/** All that are on by default. */
export const INSTRUMENT_NAMES = Object.keys(BY_DEFAULT) as readonly InstrumentName[]

/**
 * Makes the calls of these libraries points of the traces in which they happen: `fetch` (Node's own, and undici's).
 * Default: all but the frameworks (`express`, `fastify`, `koa`). `+express` is added to the default. Returns a function
 * that undoes it.
 *
 * Nothing is listened to before, and a call that is made outside of a trace passes untouched. Called twice, or from
 * two copies of this package, a call is still one point.
 *
 * @throws TypeError for a name of an instrument or a library that is not known, or a malformed rule.
 * @example
 * const undo = instrument(['fetch'], { propagateTo: '*.internal.example, 10.0.0.0/8' })
 */
export function instrument(
  names: readonly AskedInstrument[] = INSTRUMENT_NAMES,
  options: InstrumentOptions = {},
): () => void {
  const settings = readSettings(options)
  const undos = [...new Set(readNames(names, INSTRUMENT_NAMES))].map(name => ALL[name](settings))
  return () => {
    for (const undo of undos.splice(0)) undo()
  }
}

/**
 * Says what `instrument` would refuse, and touches nothing. Returns the names without `+`, those of the default among them.
 *
 * @throws TypeError as `instrument` does
 */
export function checkInstruments(
  names: readonly AskedInstrument[] = INSTRUMENT_NAMES,
  options: InstrumentOptions = {},
  defaults: readonly InstrumentName[] = INSTRUMENT_NAMES,
): readonly InstrumentName[] {
  const chosen = readNames(names, defaults)
  readSettings(options)
  return chosen
}

function readNames(asked: readonly AskedInstrument[], defaults: readonly InstrumentName[]): readonly InstrumentName[] {
  return chooseInstruments(asked, defaults, Object.keys(ALL) as InstrumentName[])
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
