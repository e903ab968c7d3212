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

/** Options that all instruments share. */
export interface InstrumentOptions {
  /** Hosts that may receive the trace headers. Default: loopback, private addresses, and names without a dot. */
  readonly propagateTo?: PropagationRules | undefined
  /** How much of SQL is recorded. Default: `off`. */
  readonly traceSql?: TraceSql | undefined
  /** Which messages carry the trace, and the limits on messages that arrive with one. */
  readonly messages?: MessageOptions | undefined
  /** Exports by package name, for libraries that are not in `node_modules`: `{ pg }` after `import pg from 'pg'`. */
  readonly libraries?: Readonly<Record<string, unknown>> | undefined
}

const DEFAULT_INSTRUMENTS = {
  '@photostructure/sqlite': instrumentPhotostructureSqlite,
  /** RabbitMQ publishers and consumers of `amqplib` 0.10 to 2. */
  amqplib: instrumentAmqplib,
  'better-sqlite3': instrumentBetterSqlite3,
  /** `@elastic/elasticsearch` 8 and 9, and `@opensearch-project/opensearch` 3. */
  elasticsearch: instrumentElasticsearch,
  /** Node's own `fetch`, and the package `undici`. */
  fetch: instrumentFetch,
  /** `node:http` and `node:https`, and therefore axios, got, node-fetch and superagent. */
  http: instrumentHttp,
  ioredis: instrumentIoredis,
  /** The connection pool of `knex` 3. Its queries are recorded by the instrument of the library below knex. */
  knex: instrumentKnex,
  /** `mongodb` 6 and 7, and therefore mongoose. */
  mongodb: instrumentMongodb,
  /** Operations that `mongoose` 8 and 9 hold back until there is a connection. */
  mongoose: instrumentMongoose,
  /** `mysql2` 2 and 3, and knex, kysely and others on top of it. */
  mysql2: instrumentMysql2,
  'node:sqlite': instrumentNodeSqlite,
  /** `pg` 8, and knex, kysely and others on top of it. */
  pg: instrumentPg,
  postgres: instrumentPostgres,
  redis: instrumentNodeRedis,
} satisfies Record<string, Instrument>

/** Instruments for the layers of a framework. They are off by default, because each layer becomes a point. */
const FRAMEWORK_INSTRUMENTS = {
  express: instrumentExpress,
  fastify: instrumentFastify,
  koa: instrumentKoa,
} satisfies Record<string, Instrument>

const ALL_INSTRUMENTS = { ...DEFAULT_INSTRUMENTS, ...FRAMEWORK_INSTRUMENTS }

/** The name of an instrument. */
export type InstrumentName = keyof typeof ALL_INSTRUMENTS

/** An instrument's name. A leading `+` adds the instrument to the default instead of replacing the default. */
export type AskedInstrument = InstrumentName | `+${InstrumentName}`

/** Names of the instruments that are on by default. */
export const INSTRUMENT_NAMES = Object.keys(DEFAULT_INSTRUMENTS) as readonly InstrumentName[]

/**
 * Records the calls of these libraries as points of the traces in which they happen. By default these are all libraries
 * except the frameworks (`express`, `fastify`, `koa`), and `+express` adds one. Returns a function that undoes this.
 * Nothing is hooked before the call, and calls outside a trace pass unchanged. If `instrument` is called twice, or by
 * two copies of this package, a call is still one point.
 *
 * @throws TypeError for an unknown instrument or library, or a malformed rule.
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

/** Checks the arguments of `instrument`. Returns the names without `+`. @throws TypeError as `instrument` does. */
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
