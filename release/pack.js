import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { listPackages, root } from './packages.js'

const exec = promisify(execFile)

/**
 * Packs each package as pnpm does for the registry: `workspace:^` becomes a version range.
 *
 * @param {string} destination the folder for the tarballs
 * @returns {Promise<{ name: string, version: string, folder: string, tarball: string }[]>} dependencies first
 */
export async function packPackages(destination) {
  const args = ['-y', 'pnpm@12', 'pack', '--recursive', '--json', '--pack-destination', destination]
  const { stdout } = await exec('npx', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 })
  const tarballs = new Map(JSON.parse(stdout).map(({ name, filename }) => [name, filename]))
  return listPackages().map(each => ({ ...each, tarball: tarballs.get(each.name) }))
}
