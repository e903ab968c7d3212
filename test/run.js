// The test command, `npx -y pnpm@12 test`: builds, brings up what the tests need, runs every test.
//
//   node test/run.js [vitest arguments]
//
//   OSPROFILER_TEST_INSTALL=0   installs no system package, also as root on Debian or Ubuntu
//   OSPROFILER_TEST_ALL=1       fails where a suite could not be run, instead of naming it
//   OSPROFILER_TEST_NODES=22,24 runs them on these versions of Node too, from the registry, but for what no version changes
//   OSPROFILER_TEST_MONGODB_URL, _ELASTICSEARCH_URL, _OPENSEARCH_URL, _LOGINSIGHT_URL
//                               connection strings of real stores, which are emptied (but for Log Insight), in place of stand-ins

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bindingFile, compileBinding } from './better-sqlite3.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const PYTHON = '/usr/bin/python3'

/** Programs that tests start, how to see that they are there, and the test files that need them. */
const REQUIREMENTS = [
  {
    name: 'the Python OSProfiler',
    debian: [
      ...['python3-osprofiler', 'python3-sqlalchemy', 'python3-graphviz', 'python3-redis', 'python3-pymysql'],
      ...['python3-psycopg2', 'python3-pymongo', 'python3-elasticsearch', 'python3-oslo.messaging'],
    ],
    isThere: () =>
      existsSync(PYTHON) &&
      succeeds(PYTHON, ['-c', 'import osprofiler.web, osprofiler.drivers, sqlalchemy, graphviz']) &&
      succeeds(PYTHON, ['-c', 'import redis, pymysql, psycopg2, pymongo, elasticsearch, oslo_messaging']),
    suites: '**/*python*.test.ts',
  },
  {
    name: 'Redis',
    debian: ['redis-server', 'openssl'],
    isThere: () => isProgram('redis-server') && isProgram('redis-cli') && isProgram('openssl'),
    suites: '**/*redis*.test.ts',
  },
  {
    name: 'PostgreSQL',
    debian: ['postgresql', 'openssl'],
    isThere: () => isProgram('initdb') && isProgram('psql') && isProgram('openssl'),
    suites: '**/*postgresql*.test.ts',
  },
  {
    name: 'MariaDB',
    debian: ['mariadb-server', 'openssl'],
    isThere: () => isProgram('mariadbd') && isProgram('mariadb-install-db') && isProgram('openssl'),
    suites: '**/*mariadb*.test.ts',
  },
  {
    name: 'RabbitMQ',
    debian: ['rabbitmq-server', 'openssl'],
    isThere: () => existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server') && isProgram('epmd') && isProgram('openssl'),
    suites: '**/*rabbitmq*.test.ts',
  },
  {
    name: "Ceilometer's notification agent",
    debian: ['python3-ceilometer'],
    isThere: () => existsSync(PYTHON) && succeeds(PYTHON, ['-c', 'import ceilometer.cmd.agent_notification']),
    suites: '**/*ceilometer-agent*.test.ts',
  },
  {
    name: 'OpenSSL, which makes certificates',
    debian: ['openssl'],
    isThere: () => isProgram('openssl'),
    suites: 'packages/drivers/test/{loginsight*,mongodb,search}.test.ts',
  },
  {
    name: 'NATS',
    debian: ['nats-server'],
    isThere: () => isProgram('nats-server'),
    suites: '**/*nats*.test.ts',
  },
  {
    name: 'the binary part of better-sqlite3, compiled',
    debian: ['g++', 'make', 'python3'],
    isThere: () => existsSync(bindingFile),
    // By a compiler that is there, or was just installed: a minute or two, once.
    make: compileBinding,
    suites: '**/better-sqlite3.test.ts',
  },
  {
    name: 'Chromium',
    debian: ['chromium'],
    isThere: () => existsSync('/usr/bin/chromium'),
    suites: '**/{page-*,ui-browser}.test.ts',
  },
  {
    name: "util-linux's script, a terminal for a program",
    debian: ['bsdutils'],
    isThere: () => succeeds('script', ['--version']),
    suites: 'test/cli-terminal.test.ts',
  },
  {
    name: 'curl, bash and OpenSSL',
    debian: ['curl', 'bash', 'openssl'],
    isThere: () => isProgram('curl') && isProgram('bash') && isProgram('openssl'),
    suites: '**/*curl*.test.ts',
  },
  {
    name: 'Linux with unshare and prlimit, and leave to use them',
    debian: ['util-linux'],
    isThere: () => succeeds('unshare', ['-rm', 'true']) && succeeds('prlimit', ['--pid', String(process.pid)]),
    suites: '**/*linux*.test.ts',
  },
]

/** What another version of Node cannot change: a browser's doing, pure functions, files that are only read. */
const ONE_NODE_IS_ENOUGH = [
  '**/page-*.test.ts',
  '**/ui-browser.test.ts',
  'packages/report/**',
  // Compiled for one Node.
  '**/better-sqlite3.test.ts',
  'test/{docs,globals,layers,packages,public-api}.test.ts',
  // Places of a file system, and servers that never answer: most of the time is waiting.
  'packages/drivers/test/hostile-places-*.test.ts',
  'packages/drivers/test/close-silent-servers.test.ts',
  'packages/drivers/test/hung-dns-linux.test.ts',
  // Requests through servers that one Node has already told the truth about.
  'test/truth.test.ts',
  // The layouts of stores, which Python reads.
  'packages/drivers/test/{elasticsearch,loginsight,mongodb}-python.test.ts',
  'test/{ceilometer-agent-rabbitmq,mariadb-python,postgresql-python,redis-python}.test.ts',
]

const all = process.env.OSPROFILER_TEST_ALL === '1'
const missing = bringUp()
if (missing.length > 0 && all) fail(`Missing: ${missing.map(({ name }) => name).join(', ')}`)

say('Building')
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'])
run(process.execPath, [join(root, 'packages/viewer/build-page.js')])

const versions = (process.env.OSPROFILER_TEST_NODES ?? '').split(',').filter(version => version !== '')
const results = [test(process.version, process.execPath, lacking(process.versions.node))]
for (const version of versions) {
  results.push(test(`Node ${version}`, findNode(version), [...ONE_NODE_IS_ENOUGH, ...lacking(version)]))
}

for (const { name, suites, debian } of missing) {
  say(`Not run: ${suites}, for want of ${name} (Debian: ${debian.join(' ')})`)
}
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
function lacking(version) {
  return Number.parseInt(version, 10) < 22 ? ['**/node-sqlite.test.ts'] : []
}

/** What cannot be had here, after an attempt to install it where that is allowed. */
function bringUp() {
  const absent = REQUIREMENTS.filter(({ isThere, make }) => !isThere() && !tryMake(make))
  if (absent.length === 0) return []
  const packages = absent.flatMap(({ debian }) => debian)
  const mayInstall = process.getuid?.() === 0 && process.env.OSPROFILER_TEST_INSTALL !== '0'
  if (mayInstall && succeeds('apt-get', ['--version'])) {
    say(`Installing with apt-get, which OSPROFILER_TEST_INSTALL=0 forbids: ${packages.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
    withoutServices(() => {
      spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'inherit', env })
    })
  }
  return absent.filter(({ isThere, make }) => !isThere() && !tryMake(make))
}

function tryMake(make) {
  if (make === undefined) return false
  say('Compiling better-sqlite3, which is kept for the next time')
  return make()
}

/** Keeps Debian's packages from starting what they install: the tests start servers of their own. */
function withoutServices(install) {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return install()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(policy, { force: true })
  }
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

/** Whether there is a program of this name, also where Debian keeps it out of a user's PATH. */
function isProgram(name) {
  const versions = '/usr/lib/postgresql'
  const ofPostgresql = existsSync(versions) ? readdirSync(versions).map(version => join(versions, version, 'bin')) : []
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', ...ofPostgresql]
  return folders.some(folder => existsSync(join(folder, name)))
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
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
