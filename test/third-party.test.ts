import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildReport } from '@osprofiler/report'
import { pageTemplate, renderPage } from '@osprofiler/viewer'
import { describe, expect, it } from 'vitest'
import { createShopRecords } from './cli-records.js'
import { packageFolders } from './packed.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const viewer = join(root, 'packages/viewer')
const preact = dirname(createRequire(join(viewer, 'package.json')).resolve('preact/package.json'))

/** SPDX names of licenses that require only a notice. */
const PERMISSIVE_LICENSES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT']
/** Peer dependencies, which users install themselves, may also have licenses that require publishing modified files. */
const PEER_LICENSES = [...PERMISSIVE_LICENSES, 'MPL-2.0']

describe("Preact's license notice", () => {
  const notice = readFileSync(join(preact, 'LICENSE'), 'utf8').trim()

  it.each(['trace.js', 'list.js'])('is in the script %s', name => {
    expect(readFileSync(join(viewer, 'dist/pages', name), 'utf8')).toContain(notice)
  })

  it('is in each exported page, and in the page that a server sends', () => {
    const exported = [...renderPage(buildReport(createShopRecords()))].join('')

    expect(exported).toContain(notice)
    expect(pageTemplate({ trace: '/trace' }).html).toContain(notice)
  })
})

describe('THIRD-PARTY.md', () => {
  it('lists the bundled packages and the font, in the installed versions', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'release/third-party.js'), '--check'])

    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
  })

  it("is complete, because the pages' styles contain no fonts or pictures", () => {
    const styles = readdirSync(join(viewer, 'dist/pages')).filter(name => name.endsWith('.css'))

    const texts = styles.map(name => readFileSync(join(viewer, 'dist/pages', name), 'utf8'))

    expect(texts.filter(text => /@font-face|@import|url\(/.test(text))).toEqual([])
  })

  it('is in the packages that contain third-party software', () => {
    const holders = ['viewer', 'cli'].map(name => join(root, 'packages', name))

    const listing = packageFolders.filter(folder => readManifest(folder).files.includes('THIRD-PARTY.md'))

    expect(listing.sort()).toEqual(holders.sort())
  })
})

describe('the licenses of all dependencies', () => {
  it.each(packageFolders.map(folder => [readManifest(folder).name, folder]))(
    'of %s are SPDX names that this project allows',
    (_, folder = '') => {
      const { dependencies = {}, peerDependencies = {} } = readManifest(folder)

      const own = collectLicenses(folder, Object.keys(dependencies))
      const ofPeers = collectLicenses(folder, Object.keys(peerDependencies))

      expect(own.filter(([, license]) => !isOneOf(license, PERMISSIVE_LICENSES))).toEqual([])
      expect(ofPeers.filter(([, license]) => !isOneOf(license, PEER_LICENSES))).toEqual([])
    },
  )

  it.each(['SEE LICENSE IN LICENSE', 'UNLICENSED', 'GPL-3.0', '(MIT AND GPL-3.0)', undefined, ''])(
    'may not be %s',
    license => {
      expect(isOneOf(license, PEER_LICENSES)).toBe(false)
    },
  )

  it.each(['MIT', '(MIT OR GPL-3.0)', 'MIT AND Apache-2.0'])('may be %s', license => {
    expect(isOneOf(license, PERMISSIVE_LICENSES)).toBe(true)
  })
})

/** Returns the licenses of the named packages and of all their dependencies. */
function collectLicenses(
  folder: string,
  names: readonly string[],
  seen = new Map<string, unknown>(),
): [string, unknown][] {
  for (const name of names) {
    const place = findPackage(folder, name)
    if (place === undefined || seen.has(place)) continue
    const { license, version, dependencies = {}, optionalDependencies = {} } = readManifest(place)
    seen.set(place, [`${name} ${version}`, license])
    collectLicenses(place, Object.keys({ ...dependencies, ...optionalDependencies }), seen)
  }
  return [...seen.values()] as [string, unknown][]
}

/** Returns a package's folder as Node finds it, or `undefined` if an optional package is not installed. */
function findPackage(from: string, name: string): string | undefined {
  const place = join(from, 'node_modules', name)
  if (existsSync(join(place, 'package.json'))) return realpathSync(place)
  return dirname(from) === from ? undefined : findPackage(dirname(from), name)
}

/** Returns whether an SPDX expression can be satisfied with only the allowed licenses. */
function isOneOf(license: unknown, allowed: readonly string[]): boolean {
  if (typeof license !== 'string') return false
  const choices = license.replaceAll(/^\(|\)$/g, '').split(' OR ')
  return choices.some(choice => choice.split(' AND ').every(name => allowed.includes(name)))
}

function readManifest(folder: string) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
