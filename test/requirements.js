// Lists the software that tests require in addition to the installed packages, and the test files that need each
// program.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bindingFile, compileBinding } from './better-sqlite3.js'
import { HEADLESS_SHELL, WITH_WINDOW } from './chromium.js'
import { hasValgrind } from './costs/has-valgrind.js'
import { ACTIONLINT } from './servers/dist/actionlint.js'
import { BUN } from './servers/dist/bun.js'
import { COLLECTOR } from './servers/dist/collector.js'
import { fetchOnce, isFetched } from './servers/dist/fetch-once.js'
import { findGo } from './servers/dist/find-go.js'
import { findJdk } from './servers/dist/find-jdk.js'
import { describeJavaProgram } from './servers/dist/java-program.js'
import { KAFKA } from './servers/dist/kafka.js'
import { MONGODB } from './servers/dist/mongodb.js'
import { DEBIAN_PYTHON, NEWEST_OSPROFILER } from './servers/dist/python-osprofiler.js'
import { SEARCH_PROGRAMS } from './servers/dist/search-programs.js'

/** The version of Java in Debian 12's default-jdk. */
const DEBIAN_JAVA = 17

/**
 * Each requirement has a name, the Debian packages that contain it, `isThere()`, and the pattern of the `suites` that
 * need it. `isBest()` returns whether the preferred program is installed. If that program is missing, the Debian
 * packages are installed, even if `isThere()` accepts another program. A requirement that Debian lacks counts as
 * available if it can be fetched. `mayLack()` returns whether even CI may lack it. `oneNode` means that only one
 * version of Node runs the suites.
 */
export const REQUIREMENTS = [
  {
    name: "Python's OSProfiler",
    debian: [
      ...['python3-osprofiler', 'python3-sqlalchemy', 'python3-graphviz', 'python3-redis', 'python3-pymysql'],
      ...['python3-psycopg2', 'python3-pymongo', 'python3-elasticsearch', 'python3-oslo.messaging'],
    ],
    isThere: () =>
      existsSync(DEBIAN_PYTHON) &&
      succeeds(DEBIAN_PYTHON, ['-c', 'import osprofiler.web, osprofiler.drivers, sqlalchemy, graphviz']) &&
      succeeds(DEBIAN_PYTHON, ['-c', 'import redis, pymysql, psycopg2, pymongo, elasticsearch, oslo_messaging']),
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
    isThere: () =>
      existsSync(DEBIAN_PYTHON) && succeeds(DEBIAN_PYTHON, ['-c', 'import ceilometer.cmd.agent_notification']),
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
    name: 'the compiled binary of better-sqlite3',
    debian: ['g++', 'make', 'python3'],
    isThere: () => existsSync(bindingFile) || (isProgram('g++') && isProgram('make')),
    isFetched: () => existsSync(bindingFile),
    // Compiling takes a minute or two, but only once.
    async fetch() {
      if (!compileBinding()) throw new Error('better-sqlite3 does not compile')
    },
    suites: '**/better-sqlite3.test.ts',
  },
  {
    name: 'Chromium',
    debian: ['chromium-headless-shell'],
    isThere: () => existsSync(HEADLESS_SHELL) || existsSync(WITH_WINDOW),
    isBest: () => existsSync(HEADLESS_SHELL),
    suites: '**/{page-*,signing-browser,ui-browser,ui-list}.test.ts',
  },
  {
    name: "util-linux's script, which provides a terminal",
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
    name: 'Linux with unshare and prlimit, and permission to use them',
    debian: ['util-linux'],
    isThere: () => succeeds('unshare', ['-rm', 'true']) && succeeds('prlimit', ['--pid', String(process.pid)]),
    suites: '**/*linux*.test.ts',
  },
  {
    name: 'Valgrind, on Linux for x64',
    debian: ['valgrind'],
    isThere: hasValgrind,
    suites: 'test/costs-instructions.test.ts',
  },
  {
    name: 'OSProfiler 4.4.0 for Python',
    debian: ['python3-venv'],
    isThere: () => isFetched(NEWEST_OSPROFILER) || succeeds(DEBIAN_PYTHON, ['-c', 'import venv, ensurepip']),
    isFetched: () => isFetched(NEWEST_OSPROFILER),
    fetch: () => fetchOnce(NEWEST_OSPROFILER),
    suites: '**/*python*.test.ts',
  },
  {
    name: 'Bun',
    debian: [],
    isThere: () => isFetched(BUN) || isProgram('npm'),
    isFetched: () => isFetched(BUN),
    fetch: () => fetchOnce(BUN),
    suites: 'test/bun.test.ts',
    oneNode: true,
  },
  createJavaRequirement(KAFKA, '**/*kafka*.test.ts'),
  createJavaRequirement(MONGODB, 'packages/drivers/test/mongodb-{contract,faults,python,stand-in}.test.ts'),
  ...Object.values(SEARCH_PROGRAMS).map(program => createJavaRequirement(program, `**/*${program.name}*.test.ts`)),
  // Go takes several minutes to build the collector, but only once.
  createGoRequirement('the OpenTelemetry collector', COLLECTOR, '**/*collector*.test.ts'),
  createGoRequirement('actionlint', ACTIONLINT, 'test/workflows-actionlint.test.ts'),
]

function createGoRequirement(name, wanted, suites) {
  return {
    name,
    debian: [],
    lacks: 'Go was not found',
    isThere: () => isFetched(wanted) || findGo() !== undefined,
    isFetched: () => isFetched(wanted),
    fetch: () => fetchOnce(wanted),
    suites,
    oneNode: true,
    mayLack: () => findGo() === undefined,
  }
}

/**
 * Returns the requirement for a server that Maven downloads. The newest servers may need a newer Java than Debian's.
 */
function createJavaRequirement(program, suites) {
  const { name, java } = program
  const wanted = describeJavaProgram(program)
  const isNew = java > DEBIAN_JAVA
  return {
    name,
    debian: isNew ? [] : ['default-jdk-headless', 'maven'],
    lacks: isNew ? `a JDK of Java ${java} or later was not found` : undefined,
    isThere: () => findJdk(java) !== undefined && (isFetched(wanted) || isProgram('mvn')),
    isFetched: () => isFetched(wanted),
    fetch: () => fetchOnce(wanted),
    suites,
    oneNode: true,
    mayLack: () => isNew && findJdk(java) === undefined,
  }
}

/** Returns whether a program exists. Debian installs some programs in folders that are not in a user's PATH. */
function isProgram(name) {
  const versions = '/usr/lib/postgresql'
  const ofPostgresql = existsSync(versions) ? readdirSync(versions).map(version => join(versions, version, 'bin')) : []
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', ...ofPostgresql]
  return folders.some(folder => existsSync(join(folder, name)))
}

export function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
