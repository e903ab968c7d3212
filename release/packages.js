import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Lists the repository's packages. Each package comes after its dependencies, so that the registry never contains a
 * package without them.
 *
 * @returns {{ name: string, version: string, folder: string }[]}
 */
export function listPackages() {
  const parent = join(root, 'packages')
  const waiting = new Map(readdirSync(parent).map(entry => readPackage(join(parent, entry))))
  const sorted = []
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter(({ dependencies }) => !dependencies.some(name => waiting.has(name)))
    if (ready.length === 0) throw new Error(`Packages depend on one another in a circle: ${[...waiting.keys()]}`)
    for (const { name, version, folder } of ready) {
      sorted.push({ name, version, folder })
      waiting.delete(name)
    }
  }
  return sorted
}

/**
 * Returns the version that all packages have in common.
 *
 * @throws Error if packages have different versions
 */
export function readCommonVersion() {
  const packages = listPackages()
  const versions = [...new Set(packages.map(({ version }) => version))]
  if (versions.length > 1) {
    const all = packages.map(({ name, version }) => `${name} ${version}`).join(', ')
    throw new Error(`All packages must have one version, but there are ${all}.`)
  }
  return versions[0]
}

function readPackage(folder) {
  const { name, version, ...manifest } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  return [name, { name, version, folder, dependencies }]
}
