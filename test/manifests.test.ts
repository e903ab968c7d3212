import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { packageFolders } from './packed.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const address: string = readJson(root).repository.url
const packages = packageFolders.map(folder => ({ folder, manifest: readJson(folder), name: readJson(folder).name }))

describe('the manifest of each package', () => {
  it.each(packages)(
    'contains what npm shows about $name, and allows anybody to install the package',
    ({ folder, manifest }) => {
      const directory = `packages/${basename(folder)}`

      expect(manifest).toMatchObject({
        author: expect.any(String),
        bugs: { url: `${address}/issues` },
        homepage: `${address}/tree/main/${directory}#readme`,
        keywords: expect.arrayContaining(['osprofiler', 'tracing']),
        license: 'Apache-2.0',
        publishConfig: { access: 'public' },
        repository: { type: 'git', url: `git+${address}.git`, directory },
        sideEffects: expect.anything(),
      })
      expect(manifest.keywords).toHaveLength(new Set(manifest.keywords).size)
    },
  )

  it('is exactly as release/manifests.js generates it, and so are the links in each README', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'release/manifests.js'), '--check'])

    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
  })

  it.each(packages)('for $name is unchanged when npm normalizes it', ({ manifest }) => {
    const paths: string[] = Object.values(manifest.bin ?? {})

    expect(manifest.repository.url).toMatch(/^git\+https:.*\.git$/)
    expect(paths.filter(path => path.startsWith('./'))).toEqual([])
    // Any other script would run a file that is not in the tarball.
    expect(Object.keys(manifest.scripts)).toEqual(['prepack'])
  })
})

/** The script release/manifests.js writes this file. */
const MESSAGES = 'packages/drivers/src/opening/documentation.ts'

describe('the address of the repository', () => {
  it('is written only in the root manifest and in files that release/manifests.js generates', () => {
    const folders = [
      'docs',
      'examples',
      'release',
      ...packages.map(({ folder }) => join(relative(root, folder), 'src')),
    ]
    const files = folders.flatMap(folder => listFiles(join(root, folder)))

    const found = files.filter(file => readFileSync(file, 'utf8').includes(new URL(address).pathname))

    expect(found.map(file => relative(root, file))).toEqual([MESSAGES])
  })
})

describe('a move of the repository', () => {
  it('needs one change in the root manifest and one run of release/manifests.js', () => {
    const moved = mkdtempSync(join(tmpdir(), 'osprofiler-moved-'))
    onTestFinished(() => rmSync(moved, { recursive: true }))
    const script = join(moved, 'release/manifests.js')
    cpSync(join(root, 'release/manifests.js'), script)
    const ofPackages = packages.flatMap(({ folder }) => ['package.json', 'README.md'].map(name => join(folder, name)))
    const files = [...ofPackages, join(root, MESSAGES)]
    for (const file of files) cpSync(file, join(moved, relative(root, file)))
    const manifest = readFileSync(join(root, 'package.json'), 'utf8')
    writeFileSync(join(moved, 'package.json'), manifest.replace(address, 'https://code.example/tracing/osprofiler'))
    writeFileSync(join(moved, 'SECURITY.md'), `Tell us at ${address}/security.\n`)

    const before = spawnSync(process.execPath, [script, '--check'])
    const written = spawnSync(process.execPath, [script])
    const after = spawnSync(process.execPath, [script, '--check'])

    expect([before.status, written.status, after.status]).toEqual([1, 0, 0])
    expect(readFileSync(join(moved, 'SECURITY.md'), 'utf8')).toBe(
      'Tell us at https://code.example/tracing/osprofiler/security.\n',
    )
    const texts = files.map(file => readFileSync(join(moved, relative(root, file)), 'utf8'))
    expect(texts.filter(text => text.includes(address) || !text.includes('code.example/tracing'))).toEqual([])
  })
})

function listFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const texts = entries.filter(entry => entry.isFile() && /\.(md|[jt]sx?)$/.test(entry.name))
  return texts.map(entry => join(entry.parentPath, entry.name)).filter(file => !file.includes('node_modules'))
}

function readJson(folder: string) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
