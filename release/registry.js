import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const REGISTRY_TIMEOUT_MS = 30_000

/**
 * Returns the packages whose version is not in the npm registry.
 *
 * @template {{ name: string, version: string }} Package
 * @param {Package[]} packages
 * @returns {Promise<Package[]>}
 */
export async function findUnpublished(packages) {
  const { stdout } = await exec('npm', ['config', 'get', 'registry'])
  const registry = stdout.trim().replace(/\/*$/, '/')
  const published = await Promise.all(packages.map(each => isPublished(registry, each)))
  return packages.filter((_, index) => !published[index])
}

async function isPublished(registry, { name, version }) {
  const url = `${registry}${name.replace('/', '%2f')}`
  const response = await fetch(url, { signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS) })
  if (response.status === 404) return false
  if (!response.ok) throw new Error(`${url} answers ${response.status}.`)
  const { versions = {} } = await response.json()
  return Object.hasOwn(versions, version)
}

/**
 * Publishes a tarball with a provenance statement, which only CI can create. A dry run skips the statement and the
 * upload, and needs neither a registry nor a login.
 *
 * @param {string} tarball
 * @param {{ dryRun?: boolean, registry?: string }} [options]
 * @returns {Promise<{ name: string, version: string, files: { path: string, size: number }[] }>} npm's description of
 * the package
 */
export async function publish(tarball, { dryRun = false, registry } = {}) {
  const args = ['publish', tarball, '--json', '--access', 'public', '--ignore-scripts']
  args.push(...(dryRun ? ['--dry-run', '--fetch-retries=0'] : ['--provenance']))
  if (registry !== undefined) args.push('--registry', registry)
  const { stdout } = await exec('npm', args, { maxBuffer: 64 * 1024 * 1024 })
  const output = JSON.parse(stdout)
  // npm 11 nests the output under the package's name.
  return output.files === undefined ? Object.values(output)[0] : output
}
