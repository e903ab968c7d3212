// The test command, `npx -y pnpm@12 test`: builds, brings up what the tests need, runs every test.
//
//   node test/run.js [vitest arguments]
//
//   OSPROFILER_TEST_INSTALL=0   installs no system package, also as root on Debian or Ubuntu
//   OSPROFILER_TEST_CACHE=...   the folder of what is fetched, in place of one among the caches of the user
//   OSPROFILER_TEST_ALL=1       fails where a suite could not be run, instead of naming it, but for the newest servers
//                               where there is no JDK of Java 21, and the collector where there is no Go
//   OSPROFILER_TEST_NODES=22,24 runs them on these versions of Node too, from the registry, but for what no version changes
//   OSPROFILER_TEST_MONGODB_URL, _LOGINSIGHT_URL, _KAFKA_URL (host:port), and of each search server _ELASTICSEARCH7_URL,
//                               _OPENSEARCH3_URL, ...: other servers than those that the tests start, which are emptied
//                               (but for Log Insight)

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What another version of Node cannot change: a browser's doing, pure functions, files that are only read. */
const ONE_NODE_IS_ENOUGH = [
  '**/page-*.test.ts',
  '**/ui-browser.test.ts',
  'packages/report/**',
  // Compiled for one Node.
  '**/better-sqlite3.test.ts',
  'test/{docs,globals,layers,manifests,package-readmes,packages,public-api,side-effects,third-party}.test.ts',
  // Places of a file system, and servers that never answer: most of the time is waiting.
  'packages/drivers/test/hostile-places-*.test.ts',
  'packages/drivers/test/close-silent-servers.test.ts',
  'packages/drivers/test/hung-dns-linux.test.ts',
  // Requests through servers that one Node has already told the truth about.
  'test/truth.test.ts',
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

const all = process.env.OSPROFILER_TEST_ALL === '1'

say('Building')
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'])
run(process.execPath, [join(root, 'build-assets.js')])

// What starts the servers was built just now.
const { bringUp } = await import('./bring-up.js')
const { REQUIREMENTS } = await import('./requirements.js')
const missing = await bringUp(say)
const onRealServers = REQUIREMENTS.filter(({ oneNode }) => oneNode).map(({ suites }) => suites)
const lacking = missing.filter(({ mayLack }) => !mayLack?.())
if (lacking.length > 0 && all) fail(`Missing: ${lacking.map(({ name, reason }) => `${name} (${reason})`).join(', ')}`)

const versions = (process.env.OSPROFILER_TEST_NODES ?? '').split(',').filter(version => version !== '')
const results = [test(process.version, process.execPath, absentFrom(process.versions.node))]
for (const version of versions) {
  results.push(
    test(`Node ${version}`, findNode(version), [...ONE_NODE_IS_ENOUGH, ...onRealServers, ...absentFrom(version)]),
  )
}

for (const { name, suites, reason } of missing) say(`Not run: ${suites}, for want of ${name}: ${reason}`)
for (const { name, failures } of results) {
  for (const failure of failures) console.log(`Failed on ${name}: ${failure}`)
}
const total = results.reduce((sum, { passed, failed }) => ({
  passed: sum.passed + passed,
  failed: sum.failed + failed,
}))
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1

/** What a version of Node has not. */
function absentFrom(version) {
  return Number.parseInt(version, 10) < 22 ? ['**/node-sqlite.test.ts'] : []
}

function test(name, node, leftOut) {
  say(`Testing on ${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-test-'))
  const report = join(folder, 'report.json')
  const excluded = [...missing.map(({ suites }) => suites), ...leftOut].flatMap(suites => ['--exclude', suites])
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { status } = spawnSync(node, [vitest, 'run', ...reporters, ...excluded, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  })
  const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
  rmSync(folder, { recursive: true, force: true })
  const { numPassedTests: passed = 0, numFailedTests: failed = 0, numTotalTests: tests = 0 } = counts
  const skipped = tests - passed - failed
  if (skipped > 0) say(`${skipped} tests were skipped`)
  return {
    name,
    passed,
    failed,
    failures: listFailures(counts),
    ok: status === 0 && passed > 0 && !(all && skipped > 0),
  }
}

/** The failed tests of a report of vitest, and the files that failed without a test, with the first line of each error. */
function listFailures({ testResults = [] }) {
  return testResults.flatMap(({ name: file, message, status, assertionResults }) => {
    const failed = assertionResults.filter(result => result.status === 'failed')
    const place = relative(root, file)
    if (failed.length === 0) return status === 'failed' ? [`${place}: ${firstLine(message)}`] : []
    return failed.map(({ fullName, failureMessages }) => `${place} > ${fullName}: ${firstLine(failureMessages[0])}`)
  })
}

function firstLine(text = '') {
  return text.split('\n', 1)[0]
}

/** Another version of Node, from the npm registry. */
function findNode(version) {
  const print = ['-y', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath']
  return execFileSync('npx', print, { cwd: tmpdir(), encoding: 'utf8' }).trim()
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

function say(text) {
  console.log(`\n> ${text}`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
