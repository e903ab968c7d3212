import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { checkTypes, lintPackage } from '../release/check.js'
import { packPackages } from '../release/pack.js'
import { listPackages } from '../release/packages.js'
import { publish } from '../release/registry.js'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'osprofiler-publishable-'))
const packages = listPackages()
const tarballs = new Map<string, string>()

beforeAll(async () => {
  for (const { name, tarball } of await packPackages(folder)) tarballs.set(name, tarball)
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('the release script publishes all packages, each after its dependencies', () => {
  const names = packages.map(({ name }) => name)

  expect(names).toHaveLength(readdirSync(join(root, 'packages')).length)
  expect(names[0]).toBe('@osprofiler/core')
  expect(names.indexOf('@osprofiler/node')).toBeGreaterThan(names.indexOf('@osprofiler/instruments'))
  expect(names.indexOf('osprofiler')).toBeGreaterThan(names.indexOf('@osprofiler/viewer'))
})

describe.each(packages)('$name', ({ name, version }) => {
  it('has a manifest and files without complaints from publint', async () => {
    await lintPackage(findTarball(name))
  })

  it('has types that resolve in ECMAScript modules', async () => {
    await checkTypes(findTarball(name))
  })

  it('has every file that it needs on npm: code, declarations, license and README', async () => {
    const told = await publish(findTarball(name), { dryRun: true, registry: 'http://127.0.0.1:1' })

    const paths = told.files.map(({ path }) => path)
    expect(told).toMatchObject({ name, version })
    expect(paths).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/index.js']))
    expect(paths).toContain('dist/index.d.ts')
    expect(paths.filter(path => /(^|\/)(test|node_modules|\.changeset)\/|\.tsbuildinfo$|\.tgz$/.test(path))).toEqual([])
  })
})

describe('the release script', () => {
  it('lists the packages whose version is not in the registry', async () => {
    const registry = await startRegistry(['@osprofiler/core', '@osprofiler/koa'])

    const { stdout } = await runRelease(registry, '--list')

    const missing = packages.map(({ name }) => name).filter(name => !/(core|koa)$/.test(name))
    expect(stdout.trim().split('\n')).toEqual(missing)
  })

  it('has nothing to do if the registry has all versions', async () => {
    const registry = await startRegistry(packages.map(({ name }) => name))

    const { stdout } = await runRelease(registry)

    expect(stdout).toBe(`The registry has version ${packages[0]?.version} of all packages.\n`)
  })

  it("publishes only from CI, where npm can prove the packages' origin", async () => {
    const registry = await startRegistry([])

    await expect(runRelease(registry)).rejects.toThrow('Packages are published by the workflow "Release".')
  })

  it('fails to publish if CI lacks the permission for a provenance statement', async () => {
    const registry = await startRegistry([])
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    vi.stubEnv('GITHUB_ACTIONS', 'true')
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', undefined)
    vi.stubEnv(`npm_config_${registry.replace('http:', '')}/:_authToken`, 'none')

    const published = publish(findTarball('@osprofiler/core'), { registry })

    await expect(published).rejects.toThrow(/provenance.*id-token/i)
  })

  it('fails without publishing if the registry does not answer', async () => {
    await expect(runRelease('http://127.0.0.1:1', '--list')).rejects.toThrow('fetch failed')
  })
})

function findTarball(name: string): string {
  const tarball = tarballs.get(name)
  if (tarball === undefined) throw new Error(`${name} was not packed`)
  return tarball
}

/** Runs the script without the user's settings, so that no login is available. */
function runRelease(registry: string, ...args: string[]): Promise<{ stdout: string }> {
  const env = { ...process.env, GITHUB_ACTIONS: '', npm_config_registry: registry, npm_config_fetch_retries: '0' }
  return exec(process.execPath, [join(root, 'release/publish.js'), ...args], { env })
}

/** Starts a registry that has the current version of the named packages, and no other packages. */
async function startRegistry(names: readonly string[]): Promise<string> {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url?.slice(1) ?? '')
    const version = packages.find(each => each.name === name)?.version
    const isThere = version !== undefined && names.includes(name)
    response.writeHead(isThere ? 200 : 404, { 'content-type': 'application/json' })
    response.end(
      isThere
        ? JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { name, version } } })
        : '{"error":"Not found"}',
    )
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
