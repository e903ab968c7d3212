// Selects the test files that each type of run leaves out.

import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { findPosixTests, listReducedExclusions } from './reduced.js'
import { REQUIREMENTS } from './requirements.js'

/**
 * Tests whose result does not depend on the version of Node. They test browsers, pure functions, or files that are only
 * read.
 */
const ONE_NODE_TESTS = [
  '**/page-*.test.ts',
  '**/ui-browser.test.ts',
  'packages/report/**',
  // The binary is compiled for one version of Node.
  '**/better-sqlite3.test.ts',
  'test/{bench-table,docs,globals,layers,manifests,package-readmes,packages,public-api,side-effects,third-party}.test.ts',
  // Tests of unusual file paths and of servers that never respond. They spend most of their time waiting.
  'packages/drivers/test/hostile-places-*.test.ts',
  'packages/drivers/test/close-silent-servers.test.ts',
  'packages/drivers/test/hung-dns-linux.test.ts',
  // The figures were recorded with one version of Node.
  'test/costs-*.test.ts',
  // These tests send requests through servers. One version of Node is enough.
  'test/{causes*,truth}.test.ts',
  // Tests of the published packages, and of the files for GitHub.
  'test/{publishable,reduced,release-version,repository-files,workflows}.test.ts',
  // Tests of how Python reads headers, records and the layouts of stores. Each version of Node still checks the
  // recorded headers.
  '**/*python*.test.ts',
  'test/ceilometer-agent-rabbitmq.test.ts',
  // Tests of the command's output and removals, and of the list in the ui. Each version of Node still tests `run`,
  // following and serving.
  'test/cli-{demo,diff,docs,formats,list,names,remove,select,trace,usage}.test.ts',
  'test/ui-{hostile,list,traces}.test.ts',
  // Tests of variable and option names, and of bundlers' output.
  'packages/node/test/setup-environment.test.ts',
  'test/bundles-drivers-inside.test.ts',
]

/** Returns the patterns of the tests that another version of Node cannot change. */
export function listOtherNodeExclusions() {
  return [...ONE_NODE_TESTS, ...REQUIREMENTS.filter(({ oneNode }) => oneNode).map(({ suites }) => suites)]
}

/** The folders in core that depend on Node's internals: promises, async contexts, HTTP messages, classes. */
const NODE_DEPENDENT_FOLDERS = ['call-sites', 'http', 'platform', 'points', 'promises', 'tracing', 'wrapping']

/** Test files that depend on Node itself, by the first part of their paths. */
const NODE_DEPENDENT_TESTS = [
  ...['express', 'fastify', 'instruments', 'koa', 'node'].map(name => `packages/${name}/test/`),
  ...[
    ...['beside/', 'bundles', 'context-', 'fetch-once', 'framework-layers', 'generated-programs', 'call-sites'],
    ...['headers-over-sockets', 'http-beside-', 'express-shifts-nothing', 'fastify-shifts-nothing'],
    ...['koa-shifts-nothing', 'messages-grpc', 'replaced-globals', 'requests-die-young', 'response-'],
  ].map(name => `test/${name}`),
]

/**
 * Returns the test files for a version of Node between the oldest and the newest, by the first part of their paths. If
 * the oldest and the newest version pass all tests, only tests of Node's internals can fail on a version between them.
 */
export function listBetweenTests() {
  return [...NODE_DEPENDENT_TESTS, ...NODE_DEPENDENT_FOLDERS.flatMap(listFolderTests)]
}

/**
 * Returns the patterns that a `--between` run leaves out of the tests from `listBetweenTests()`. Such a run starts no
 * servers.
 */
export function listBetweenExclusions() {
  return [...listOtherNodeExclusions(), ...listReducedExclusions('linux')]
}

/** Returns core's test files that are named after the source files in a folder. */
function listFolderTests(folder) {
  return readdirSync(new URL(`../packages/core/src/${folder}`, import.meta.url), { recursive: true })
    .map(source => `packages/core/test/${basename(source, '.ts')}.test.ts`)
    .filter(test => existsSync(new URL(`../${test}`, import.meta.url)))
}

/**
 * Only CI runs these tests. They test older servers, the packages as npm would publish them, and the number of
 * instructions. They take minutes, and a change seldom breaks them without breaking another test.
 */
const CI_ONLY_TESTS = [
  ...['elasticsearch7', 'elasticsearch8', 'opensearch2'].map(server => `**/*${server}*.test.ts`),
  ...['test/costs-instructions.test.ts', 'test/publishable.test.ts'],
]

/** Returns the patterns of the tests that only CI runs. */
export function listCiOnlyTests() {
  return CI_ONLY_TESTS
}

/** These tests need no server, but take too long for a quick check. */
const LONG_TESTS = [
  'test/beside/**',
  'test/{context-concurrency,costs-bytes,generated-programs}.test.ts',
  'packages/drivers/test/memory.test.ts',
]

/** Returns the patterns of the tests that take long, or that start servers, browsers or programs. */
export function listCheckExclusions() {
  return [...REQUIREMENTS.map(({ suites }) => suites), ...findPosixTests(), ...LONG_TESTS]
}

/** Returns the patterns of the tests that a version of Node cannot run. */
export function listUnsupportedTests(version) {
  return Number.parseInt(version, 10) < 22 ? ['**/node-sqlite.test.ts'] : []
}
