// Which test files a run leaves out, by what the run is for.

import { existsSync, readdirSync } from 'node:fs'
import { findPosixTests, listReducedExclusions } from './reduced.js'
import { REQUIREMENTS } from './requirements.js'

/** What another version of Node cannot change: a browser's doing, pure functions, files that are only read. */
const ONE_NODE_TESTS = [
  '**/page-*.test.ts',
  '**/ui-browser.test.ts',
  'packages/report/**',
  // Compiled for one Node.
  '**/better-sqlite3.test.ts',
  'test/{bench-table,docs,globals,layers,manifests,package-readmes,packages,public-api,side-effects,third-party}.test.ts',
  // Places of a file system, and servers that never answer: most of the time is waiting.
  'packages/drivers/test/hostile-places-*.test.ts',
  'packages/drivers/test/close-silent-servers.test.ts',
  'packages/drivers/test/hung-dns-linux.test.ts',
  // Counted on the Node of their figures.
  'test/costs-*.test.ts',
  // Requests through servers that one Node has already told the truth about.
  'test/truth.test.ts',
  // What is published, and the files for GitHub.
  'test/{publishable,reduced,release-version,repository-files,workflows}.test.ts',
  // What Python makes of headers, records and the layouts of stores. Each Node decides the recorded headers.
  '**/*python*.test.ts',
  'test/ceilometer-agent-rabbitmq.test.ts',
  // What the command prints and removes, and what its page lists. Each Node sends requests, follows and serves.
  'test/cli-{demo,diff,docs,formats,list,names,remove,select,trace,usage}.test.ts',
  'test/ui-{hostile,list,traces}.test.ts',
  // Names of variables and of options, and the work of bundlers.
  'packages/node/test/setup-environment.test.ts',
  'test/bundles-drivers-inside.test.ts',
]

/** The patterns of what no other version of Node changes. */
export function listOtherNodeExclusions() {
  return [...ONE_NODE_TESTS, ...REQUIREMENTS.filter(({ oneNode }) => oneNode).map(({ suites }) => suites)]
}

/** The rooms of core that stand on what Node keeps inside: promises, async contexts, messages of HTTP, classes. */
const NODE_DEPENDENT_FOLDERS = ['http', 'platform', 'points', 'promises', 'tracing', 'wrapping']

/** Test files that look at Node itself, by the beginnings of their paths. */
const NODE_DEPENDENT_TESTS = [
  ...['express', 'fastify', 'instruments', 'koa', 'node'].map(name => `packages/${name}/test/`),
  ...[
    ...['beside/', 'bundles', 'context-', 'fetch-once', 'framework-layers', 'generated-programs'],
    ...['headers-over-sockets', 'http-beside-', 'express-shifts-nothing', 'fastify-shifts-nothing'],
    ...['koa-shifts-nothing', 'messages-grpc', 'replaced-globals', 'requests-die-young', 'response-'],
  ].map(name => `test/${name}`),
]

/**
 * Where the oldest and the newest Node agree, a version between them is asked only about what stands on Node's insides.
 * The beginnings of the paths of its test files.
 */
export function listBetweenTests() {
  return [...NODE_DEPENDENT_TESTS, ...NODE_DEPENDENT_FOLDERS.flatMap(listFolderTests)]
}

/** The patterns of what a run between leaves out of that: it starts no servers. */
export function listBetweenExclusions() {
  return [...listOtherNodeExclusions(), ...listReducedExclusions('linux')]
}

/** The test files of core that are named after the sources of one of its rooms. */
function listFolderTests(room) {
  return readdirSync(new URL(`../packages/core/src/${room}`, import.meta.url))
    .map(source => `packages/core/test/${source.replace(/\.ts$/, '.test.ts')}`)
    .filter(test => existsSync(new URL(`../${test}`, import.meta.url)))
}

/**
 * CI alone runs these: servers older than the newest of their kind, what npm would publish, and instructions counted one
 * by one. They take minutes, and a change seldom breaks them without breaking another test.
 */
const CI_ONLY_TESTS = [
  ...['elasticsearch7', 'elasticsearch8', 'opensearch2'].map(server => `**/*${server}*.test.ts`),
  ...['test/costs-instructions.test.ts', 'test/publishable.test.ts'],
]

/** The patterns of what is left to CI. */
export function listCiOnlyTests() {
  return CI_ONLY_TESTS
}

/** These need no server, and take longer than somebody waits for a check. */
const LONG_TESTS = [
  'test/beside/**',
  'test/{context-concurrency,costs-bytes,generated-programs}.test.ts',
  'packages/drivers/test/memory.test.ts',
]

/** The patterns of what starts servers, browsers and programs, and of what takes long. */
export function listCheckExclusions() {
  return [...REQUIREMENTS.map(({ suites }) => suites), ...findPosixTests(), ...LONG_TESTS]
}

/** The patterns of what a version of Node has not. */
export function listUnsupportedTests(version) {
  return Number.parseInt(version, 10) < 22 ? ['**/node-sqlite.test.ts'] : []
}
