import { checkOptionNames, JSON, Object, Reflect, TypeError } from '@osprofiler/core/toolkit'
import { describeValue } from './describe-value.js'

// Libraries whose exports can be passed in this option, and the classes that these exports must contain. An empty list
// means that the export must be a function. Other libraries cannot be passed, because no single object gives access to
// the code that must be wrapped.
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

/** Returns the exports that the instruments expect. @throws TypeError for an unknown library or wrong exports. */
export function readLibrariesOption(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  checkOptionNames(given, Object.keys(LIBRARIES), 'libraries')
  return Object.fromEntries(Object.entries(given).map(([name, exports]) => [name, readExports(name, exports)]))
}

function readExports(name: string, exports: unknown): unknown {
  const classes = LIBRARIES[name] ?? []
  if (classes.length > 0 && classes.every(one => hasClass(exports, one))) return exports
  if (classes.length === 0 && typeof exports === 'function') return exports
  // If the exports are the namespace object of `import * as`, the function is their member `default`.
  if (classes.length === 0 && hasClass(exports, 'default')) return Reflect.get(exports, 'default')
  const wanted = classes.length === 0 ? 'a function' : `an object with ${classes.join(' and ')}`
  throw new TypeError(
    `libraries: the exports of ${JSON.stringify(name)} must be ${wanted}, not ${describeValue(exports)}`,
  )
}

function hasClass(exports: unknown, name: string): exports is object {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return false
  return typeof Reflect.get(exports, name) === 'function'
}
