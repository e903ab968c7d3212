import { checkOptionNames, JSON, Object, Reflect, TypeError } from '@osprofiler/core/toolkit'
import { describeValue } from './describe-value.js'

/**
 * Those that can be given by hand, with the classes that their exports have; none, where these are one themselves. Of
 * the others no single object leads to what is wrapped.
 */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  '@elastic/elasticsearch': ['Transport'],
  '@opensearch-project/opensearch': ['Transport'],
  'better-sqlite3': [],
  ioredis: ['Redis', 'Cluster', 'Pipeline'],
  knex: ['Client'],
  koa: [],
  mysql2: ['Connection', 'Pool'],
  pg: ['Client', 'Pool'],
  postgres: [],
}

/**
 * The exports of libraries as their instruments want them, from what was given by their names.
 *
 * @throws TypeError for a library that cannot be given, or is not what its name says: nobody would see it otherwise.
 */
export function readLibrariesOption(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  checkOptionNames(given, Object.keys(LIBRARIES), 'libraries')
  return Object.fromEntries(Object.entries(given).map(([name, exports]) => [name, readExports(name, exports)]))
}

function readExports(name: string, exports: unknown): unknown {
  const classes = LIBRARIES[name] ?? []
  if (classes.length > 0 && classes.every(one => hasClass(exports, one))) return exports
  if (classes.length === 0 && typeof exports === 'function') return exports
  // All that `import * as` gives.
  if (classes.length === 0 && hasClass(exports, 'default')) return Reflect.get(exports, 'default')
  const wanted = classes.length === 0 ? 'a function' : `an object with ${classes.join(' and ')}`
  throw new TypeError(`libraries: what ${JSON.stringify(name)} exports is ${wanted}, not ${describeValue(exports)}`)
}

function hasClass(exports: unknown, name: string): exports is object {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return false
  return typeof Reflect.get(exports, name) === 'function'
}
