// The test command, `npx -y pnpm@12 test`. It builds the packages, installs what the tests require, and runs the tests.
//
//   node test/run.js [--reduced | --other-node | --between | --check] [vitest arguments]
//
//   --reduced                   runs the tests that need only Node and the npm registry, and installs nothing. This
//                               option is for macOS and Windows. --reduced=win32 selects the tests for Windows on any
//                               system
//   --other-node                runs the tests whose result can differ on a version of Node other than the oldest
//   --between                   runs the tests whose result can differ on a version of Node between the oldest and the
//                               newest
//   --check                     runs the tests that need no servers and no programs
//
//   OSPROFILER_TEST_INSTALL=0   installs no system packages, even if run as root on Debian or Ubuntu
//   OSPROFILER_TEST_CACHE=...   the folder for downloads and builds. Default: a folder in the user's cache
//   OSPROFILER_TEST_ALL=1       also runs the tests that usually only CI runs. Fails if a suite cannot run, instead of
//                               only listing the suite. Exceptions are the newest servers without a JDK for Java 21,
//                               and the collector and actionlint without Go
//   OSPROFILER_TEST_NODES=22,26 also runs the tests on these versions of Node, which come from the registry: on the
//                               last version as with --other-node, and on the others as with --between
//   OSPROFILER_TEST_MONGODB_URL, _LOGINSIGHT_URL, _KAFKA_URL (host:port), and for each search server
//                               _ELASTICSEARCH7_URL, _OPENSEARCH3_URL, ...: your own servers, which the tests use
//                               instead of starting servers. The tests delete all data in your servers, except in Log
//                               Insight

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNode } from './find-node.js'

const root = fileURLToPath(new URL('..', import.meta.url))

const all = process.env.OSPROFILER_TEST_ALL === '1'

say('Building')
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'])
run(process.execPath, [join(root, 'bundle.js')])

// The modules that start the servers have just been compiled by the build above.
const { bringUp } = await import('./bring-up.js')
const { REQUIREMENTS } = await import('./requirements.js')
const { listReducedExclusions, resolveTemporaryFolder } = await import('./reduced.js')
const {
  listBetweenTests,
  listUnsupportedTests,
  listBetweenExclusions,
  listCheckExclusions,
  listCiOnlyTests,
  listOtherNodeExclusions,
} = await import('./selections.js')
const { reducedFor, selection, forVitest } = readArguments(process.argv.slice(2))
const ciOnlyTests = all || selection !== '' || forVitest.length > 0 ? [] : listCiOnlyTests()
const excludedTests = [...listExclusions(selection), ...ciOnlyTests, ...listUnsupportedTests(process.versions.node)]
const missing = await bringUp(
  say,
  REQUIREMENTS.filter(({ suites }) => !excludedTests.includes(suites)),
)
const blockingRequirements = missing.filter(({ mayLack }) => !mayLack?.())
if (blockingRequirements.length > 0 && all)
  fail(`Missing: ${blockingRequirements.map(({ name, reason }) => `${name} (${reason})`).join(', ')}`)

const versions = (process.env.OSPROFILER_TEST_NODES ?? '').split(',').filter(version => version !== '')
const results = [test(selection, process.version, process.execPath, excludedTests)]
for (const version of versions) {
  const selected = version === versions.at(-1) ? 'other-node' : 'between'
  const absent = listUnsupportedTests(version)
  results.push(test(selected, `Node ${version}`, findNode(version), [...listExclusions(selected), ...absent]))
}

if (ciOnlyTests.length > 0) say(`Run only in CI or with OSPROFILER_TEST_ALL=1: ${ciOnlyTests.join(', ')}`)
for (const { name, suites, reason } of missing) say(`Not run: ${suites}, because ${name} is missing: ${reason}`)
for (const { name, failures } of results) {
  for (const failure of failures) console.log(`Failed on ${name}: ${failure}`)
}
const total = results.reduce((sum, { passed, failed }) => ({
  passed: sum.passed + passed,
  failed: sum.failed + failed,
}))
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1

function readArguments(args) {
  const known = args.filter(argument => /^--(?:reduced(?:=\w+)?|other-node|between|check)$/.test(argument))
  const [selection = '', platform = process.platform] = known[0]?.slice(2).split('=') ?? []
  return {
    selection,
    reducedFor: selection === 'reduced' ? platform : undefined,
    forVitest: args.filter(argument => !known.includes(argument)),
  }
}

/** Returns the patterns of the tests that a selection excludes. Servers that only these tests need are not fetched. */
function listExclusions(selection) {
  if (selection === 'reduced') return listReducedExclusions(reducedFor)
  if (selection === 'other-node') return listOtherNodeExclusions()
  if (selection === 'between') return listBetweenExclusions()
  return selection === 'check' ? listCheckExclusions() : []
}

/** Runs the tests. Command-line arguments for vitest replace the files of the selection. */
function test(selection, name, node, excludedTests) {
  say(`Testing on ${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-test-'))
  const report = join(folder, 'report.json')
  const excluded = [...missing.map(({ suites }) => suites), ...excludedTests].flatMap(suites => ['--exclude', suites])
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const chosen = selection === 'between' ? listBetweenTests() : []
  const files = forVitest.length > 0 ? forVitest : chosen
  const { status } = spawnSync(node, [vitest, 'run', ...reporters, ...excluded, ...files], {
    cwd: root,
    stdio: 'inherit',
    env: reducedFor === undefined ? process.env : resolveTemporaryFolder(),
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

/**
 * Returns the failed tests in a vitest report, and the files that failed without a test, each with the first line of
 * its error.
 */
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
