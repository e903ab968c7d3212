// The reduced run is for macOS and Windows: what needs Node and the npm registry alone.

import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REQUIREMENTS } from './requirements.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** These need /dev/full, or the whole of 127.0.0.0/8. */
const LINUX_ONLY_TESTS = ['test/cli-{formats,trace}.test.ts', 'packages/drivers/test/otlp-connections.test.ts']

/** Waiting for servers that never answer takes minutes, and shows the same on each system. */
const WAITING_TESTS = ['packages/drivers/test/close-silent-servers.test.ts']

/** These read sources, which are the same everywhere, by paths with a slash. */
const SOURCE_READING_TESTS = ['test/{docs,globals,layers,public-api,reduced,repository-files,workflows}.test.ts']

/** This names a file without a drive. */
const DRIVELESS_PATH_TESTS = ['packages/drivers/test/long-places.test.ts']

/** Programs end by signals there, shells and modes are other ones, and an open file cannot be removed. */
const POSIX_PATTERN = /'node:(?:child_process|cluster)'|\bmkdtemp|\btmpdir\b/

/** Whose use of files was read through for Windows. */
const REVIEWED_FOR_WINDOWS = ['packages/drivers/test/driver-contract.test.ts']

/**
 * The patterns of the test files that the reduced run leaves out.
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

/** macOS has a link as its temporary folder, and Windows a short name: programs would call files by another path than tests. */
export function resolveTemporaryFolder() {
  const folder = realpathSync.native(tmpdir())
  return { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder }
}

/** The test files that start programs or make files, themselves or by a module beside them. */
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
