// Selects the tests of the reduced run, for macOS and Windows. These tests need only Node and the npm registry.

import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REQUIREMENTS } from './requirements.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** These tests need /dev/full or all addresses in 127.0.0.0/8. */
const LINUX_ONLY_TESTS = ['test/cli-{formats,trace}.test.ts', 'packages/drivers/test/otlp-connections.test.ts']

/** These tests wait several minutes for servers that never respond. The result is the same on each system. */
const WAITING_TESTS = ['packages/drivers/test/close-silent-servers.test.ts']

/** These tests read source files by paths with forward slashes. The files are the same on each system. */
const SOURCE_READING_TESTS = ['test/{docs,globals,layers,public-api,reduced,repository-files,workflows}.test.ts']

/** This test uses file paths without a drive letter. */
const DRIVELESS_PATH_TESTS = ['packages/drivers/test/long-places.test.ts']

/** Signals, shells and file modes are different on Windows, and an open file cannot be removed there. */
const POSIX_PATTERN = /'node:(?:child_process|cluster)'|\bmkdtemp|\btmpdir\b/

/** These tests were reviewed. They use files in a way that works on Windows. */
const REVIEWED_FOR_WINDOWS = ['packages/drivers/test/driver-contract.test.ts']

/**
 * Returns the patterns of the test files that the reduced run leaves out.
 *
 * @param {string} platform as in `process.platform`
 * @returns {string[]}
 */
export function listReducedExclusions(platform) {
  const everywhere = [...REQUIREMENTS.map(({ suites }) => suites), ...WAITING_TESTS]
  if (platform === 'linux') return everywhere
  if (platform === 'darwin') return [...everywhere, ...LINUX_ONLY_TESTS]
  return [...everywhere, ...LINUX_ONLY_TESTS, ...SOURCE_READING_TESTS, ...DRIVELESS_PATH_TESTS, ...findPosixTests()]
}

/**
 * Returns environment variables with the resolved path of the temporary folder. The usual path is a link on macOS and a
 * short name on Windows, so programs and tests would use different paths.
 */
export function resolveTemporaryFolder() {
  const folder = realpathSync.native(tmpdir())
  return { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder }
}

/** Returns the test files that start programs or create files, directly or through a module in the same folder. */
export function findPosixTests() {
  const folders = ['test', ...readdirSync(join(root, 'packages')).map(name => `packages/${name}/test`)]
  return folders
    .filter(folder => existsSync(join(root, folder)))
    .flatMap(folder => readdirSync(join(root, folder), { recursive: true }).map(name => join(root, folder, name)))
    .filter(file => file.endsWith('.test.ts') && needsPosix(file, new Set()))
    .map(file => relative(root, file).replaceAll(sep, '/'))
    .filter(file => !REVIEWED_FOR_WINDOWS.includes(file))
}

function needsPosix(file, seen) {
  if (seen.has(file) || !existsSync(file)) return false
  seen.add(file)
  const source = readFileSync(file, 'utf8')
  if (POSIX_PATTERN.test(source)) return true
  const beside = [...source.matchAll(/ from '(\.[^']+)'/g)].map(([, path]) => join(dirname(file), path))
  const ofTests = beside.filter(path => path.includes(`${sep}test${sep}`))
  return ofTests.some(path => needsPosix(path.replace(/\.js$/, '.ts'), seen))
}
