import { expect, it, onTestFinished } from 'vitest'
import { toReadLimits } from '../src/calls/read-limits.js'
import { openCeilometerDriver } from '../src/ceilometer/driver.js'
import { createLifetime } from '../src/lifetime/driver-lifetime.js'
import { openLoginsightDriver } from '../src/loginsight/driver.js'
import { openMemoryDriver } from '../src/memory.js'
import { openMessagingDriver } from '../src/messaging/driver.js'
import { openMongodbDriver } from '../src/mongodb/driver.js'
import { openMysqlDriver } from '../src/mysql/driver.js'
import type { OpenStore } from '../src/opening/store-driver.js'
import { openPostgresqlDriver } from '../src/postgresql/driver.js'
import { openRedisDriver } from '../src/redis/driver.js'
import { openElasticsearchDriver } from '../src/search/elasticsearch.js'
import { openOpensearchDriver } from '../src/search/opensearch.js'

const DAY_MS = 86_400_000

/**
 * Stores, each with the longest time in milliseconds that the store may take before it returns the first records of a
 * trace.
 */
const STORES: readonly (readonly [string, OpenStore, number])[] = [
  // Two requests may take this long: one to Keystone and one for the events.
  ['ceilometer://host?timeout=86400', openCeilometerDriver, 2 * DAY_MS],
  ['ceilometer://host', openCeilometerDriver, 120_000],
  // Four requests add up: a login, a page that reports an expired session, and then a login and a page again.
  ['loginsight://u:p@host', openLoginsightDriver, 190_000],
  // Three requests add up, and each may be sent to both hosts: a refresh, the positions of ids, and a page.
  ['elasticsearch://one,other?timeout=86400', openElasticsearchDriver, 6 * DAY_MS],
  ['opensearch://one,other?timeout=600', openOpensearchDriver, 3_600_000],
  ['redis://host?socket_timeout=86400', openRedisDriver, DAY_MS],
  ['redis://host?socket_connect_timeout=600', openRedisDriver, 600_000],
  ['redissentinel://one,other?socket_connect_timeout=600', openRedisDriver, 1_200_000],
  // Four connections add up: to two hosts, each with TLS and without.
  ['postgresql://u@one,other/db?connect_timeout=600', openPostgresqlDriver, 2_400_000],
  ['mysql://u@host/db?connect_timeout=600', openMysqlDriver, 1_200_000],
  ['mongodb://host/?serverSelectionTimeoutMS=600000', openMongodbDriver, 600_000],
  ['messaging://host', openMessagingDriver, 60_000],
  ['memory://', openMemoryDriver, 0],
]

it.each(STORES)(
  'the time limit of a read from %s is at least the sum of the time limits of its requests',
  (connectionString, open, waitsMs) => {
    const [scheme = '', location = ''] = connectionString.split('://')
    const lifetime = createLifetime()
    const store = open(location, { scheme, filterErrorTrace: false, checkOnly: true, lifetime })
    onTestFinished(() => lifetime.close(0, store))

    const { batchMs, listMs } = toReadLimits(store.answerMs)

    expect(batchMs).toBeGreaterThanOrEqual(Math.max(120_000, waitsMs))
    expect(listMs).toBeGreaterThanOrEqual(Math.max(300_000, 2 * waitsMs))
  },
)
