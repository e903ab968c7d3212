import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Fetched, fetchOnce } from './fetch-once.js'
import { runBuild } from './run-build.js'
import { locateSources, readSources } from './server-sources.js'

/** Debian's Python. It has OSProfiler 3.4 if python3-osprofiler is installed. */
export const DEBIAN_PYTHON = '/usr/bin/python3'

const SOURCES = locateSources('python-osprofiler')

/** OSProfiler 4.4.0 in a virtual environment of Debian's Python. */
export const NEWEST_OSPROFILER: Fetched = {
  name: 'python-osprofiler',
  // A virtual environment works only with the version of Python that created it.
  key: [...readSources(SOURCES), spawnSync(DEBIAN_PYTHON, ['--version'], { encoding: 'utf8' }).stdout ?? ''],
  async fill(folder) {
    const python = join(folder, 'bin/python')
    await runBuild(DEBIAN_PYTHON, ['-m', 'venv', folder], folder)
    const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', join(SOURCES, 'requirements.txt')]
    await runBuild(python, install, folder)
  },
}

/**
 * Resolves to the Python that has OSProfiler 4.4.0. Run its programs with `python -m`, because the scripts in `bin`
 * contain the path of a folder that no longer exists.
 */
export async function fetchNewestPython(): Promise<string> {
  return join(await fetchOnce(NEWEST_OSPROFILER), 'bin/python')
}
